# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "B2B Family Mail: Job Queue",
    "summary": "Send letters and ask about them by jobs of queue_job",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "website": "https://b2bfamily.com",
    "author": "B2B Family Mail contributors",
    "license": "LGPL-3",
    "depends": ["b2b_family_mail", "queue_job"],
    "data": ["data/queue_job.xml"],
    "installable": True,
    "auto_install": True,
    "uninstall_hook": "uninstall_hook",
}
