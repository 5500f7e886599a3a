"""The benchmark: core Odoo, the peers' addons and ours, in one run, taking turns.

worlds      the databases, from one template, and who works in them
history     years of use, by SQL
inside      what is measured inside Odoo; tasks, tasks_ours, tasks_oca do it there
outside     what is measured by calling real servers
judging     was it the reader: ``./dev bench --only judging``; tasks_judging
front       the screens, in a browser: ``./dev bench --only front``; pages, tasks_front
turns       A B A B, medians with their spread
report      the table
"""
