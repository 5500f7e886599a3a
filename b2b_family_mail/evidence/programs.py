# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a program is, by the name it sends: one table, the first line that fits.

A name proves little, as anybody can send any; it is asked what the *honest* ones are.
Words only, hardly anything repeated: what they are looked for in is a stranger's. The
lists that were read are named in docs/evidence.rst.
"""

import functools
import re
from dataclasses import dataclass

#: Characters of a name that are looked at.
LENGTH = 500


@dataclass(frozen=True, slots=True)
class Program:
    """One line of the table.

    :ivar code: what is kept and what the rules ask for
    :ivar title: what a person calls it
    :ivar looks_like: over the name in lower case
    """

    code: str
    title: str
    looks_like: re.Pattern


PROGRAMS = (
    # -- providers of mail, who fetch for a reader
    Program(
        "gmail_arrival",
        "Gmail's fetch on arrival",
        re.compile(r"edge/12\.246 mozilla/5\.0$|gmail-content-sampling|gmail-actions"),
    ),
    Program(
        "gmail",
        "Gmail",
        re.compile(r"googleimageproxy|\(via ggpht\.com"),
    ),
    Program("yahoo", "Yahoo Mail", re.compile(r"yahoomailproxy|ymailproxy")),
    Program(
        "provider",
        "the mail provider's proxy",
        re.compile(
            r"seznamemailproxy|ramblermail|yandeximageresizer|yandeximageproxy"
            r"|mail\.ukr\.net proxy|mail\.ru.{0,40}proxy|fastmailua|shortwave image fetcher"
            r"|mail[ _-]?(?:image[ _-]?)?proxy|proton-?mail.{0,20}proxy|image[ _-]?proxy"
        ),
    ),
    Program(
        "apple",
        "Apple Mail's privacy protection",
        re.compile(r"^mozilla/5\.0$"),
    ),
    Program(
        "speculation",
        "a browser's prefetch",
        re.compile(r"privacy preserving prefetch|cloudflare-prefetch"),
    ),
    # -- machines with a name of their own
    Program(
        "discovery",
        "Microsoft Office looking for documents",
        re.compile(r"(?:existence|protocol) discovery|office upload center|webdav"),
    ),
    Program(
        "gateway",
        "a security scanner",
        re.compile(
            r"barracuda|proofpoint|urldefense|mimecast|safe ?links|forcepoint|websense"
            r"|symantec|messagelabs|trend ?micro|\btmes\b|fortimail|fortinet|fortiguard"
            r"|fortisandbox|sophos|zscaler|ironport|cisco[ _-]?(?:secure|esa|email|talos|"
            r"umbrella|amp)|talosintel|fireeye|trellix|(?<!; )mcafee|skyhigh|kaspersky"
            r"|klhttpclient|\beset\b|eset[_-]|bitdefender|drweb|dr\.web|f-secure|withsecure"
            r"|check ?point|avanan|cloudmark|vade ?secure|retarus|hornetsecurity|spam"
            r"|mailscanner|mailguard|mailmarshal|trustwave|area ?1 ?sec|abnormal ?sec"
            r"|ironscales|cofense|phish|knowbe4|virustotal|urlscan|netcraft"
            r"|palo ?alto|twinwave|joe ?sandbox|any\.run|hybrid-?analysis|cuckoo"
            r"|google-safety|safe ?browsing|safedns|opendns|netskope|menlo ?sec|webroot"
            r"|brightcloud|k7mlwc|g ?data ?(?:mail|anti)|emsisoft|malware|sectigo"
            r"|comodo (?:dcv|spider|http|web)|perception[ -]?point|darktrace|greathorn"
            r"|agari\b|\begress|votiro|appriver|intermedia|mx ?toolbox|\bzix\b"
            r"|slashnext|exchange check|online protection|(?:windows|office|microsoft)"
            r" ?defender|smartscreen|anti-?virus|antivir\b|sandbox|link ?protect"
            r"|(?:url|link|mail|threat|security|web)[ _-]?(?:defen[cs]e|guard|shield)"
            r"|threat|security[ _-]?(?:scan|check|gateway|service|head|bot|audit|research)"
            r"|norton[ -]?safe|sonicwall|zerofox|recorded ?future|xpanse|bitsight|securityscorecard|tenable|nessus|qualys"
            r"|rapid7|detectify|acunetix|nikto|sqlmap|nuclei|nmap|zgrab|masscan|censys"
            r"|shodan|expanse|leakix|l9explore|greynoise"
        ),
    ),
    Program(
        "headless",
        "a browser without a screen",
        re.compile(
            r"headless|phantomjs|slimerjs|puppeteer|playwright|selenium|webdriver"
            r"|cypress/|jsdom|htmlunit|prerender|zombie\.js|electron-fetch|splash version"
        ),
    ),
    Program(
        "preview",
        "the preview of a link",
        re.compile(
            r"bingpreview|microsoftpreview|skypeuripreview|slackbot|slack-imgproxy"
            r"|telegrambot|^whatsapp|^viber|viberurl|facebookexternal|facebookcatalog"
            r"|facebookscraper|facebookplatform|facebot|meta-external|cardyb|vkshare"
            r"|(?:url|link|rich|page|web)[ _-]?preview|preview service|unfurl|embedly"
            r"|iframely|onebox|imgproxy|img2dataset|github-camo|^signal[-/]"
            r"|kakaotalk-scrap|snapchat-proxy|url ?lookup|linkexpand"
        ),
    ),
    # -- mail programs: what readers read with
    Program(
        "office",
        "Microsoft Office",
        re.compile(r"^mozilla/4\.0 \(compatible; ms-office; msoffice [\d.a-z]{1,9}\)$"),
    ),
    Program("new_outlook", "the new Outlook", re.compile(r"oneoutlook/")),
    Program(
        "outlook",
        "Outlook",
        re.compile(r"outlook|ms-office|msoffice|microsoft office|windows-?live-?mail"),
    ),
    Program(
        "mail_program",
        "a mail program",
        re.compile(
            r"thunderbird|icedove|betterbird|lotus-notes|hcl[ -]notes|airmail|postbox|mobmail"
            r"|the bat!|^barca|evolution[/ ]\d|kmail|kontact|mailbird|mailspring|mailmaster"
            r"|foxmail|em ?client|bluemail|mailbar|mailapp|windowsmail|yahoomobile"
            r"|windowscommunicationsapps|^nine(?: mail)?/|^hey/|^fastmail/|spark ?desktop"
            r"|yahoo%20mail|yahoo ?mail/|ymail/|android-gmail|gmail/|gmail%20|sparrow"
            r"|claws|sylpheed|geary|canary ?mail|k-9 ?mail|k9mail|fairemail|incredimail"
            r"|eudora|pegasus mail|applemail|mobilemail|^mail/|com\.apple\.mail"
            r"|apple\.webkit\.networking|spicebird|zimbra|zoho ?mail|proton ?mail|tutanota"
            r"|superhuman|missive|polymail|unibox|mailplane|mimestream|boomerang"
            r"|aqua ?mail|typeapp|mymail|maildroid|profimail|android mail|androidmail"
            r"|samsungemail|samsung email|com\.samsung\.android\.email|easilydo|edison"
            r"|readdle|spark/|spark%20|newton|cloudmagic|navermail|opera ?m2|mulberry"
            r"|gyazmail|trojita|mailmate|mailpile|seamonkey|mozilla mail|r2mail2|ru\.mail"
            r"|mail\.ru (?:ios|android|mail)|yandexmail|yandex\.mail|ru\.yandex\.mail"
        ),
    ),
    Program(
        "text_browser",
        "a browser for text",
        re.compile(
            r"^(?:lynx|links|elinks|w3m|dillo|netsurf|ncsa_mosaic|vms_mosaic|amaya)\b"
        ),
    ),
    Program(
        "old_phone",
        "a browser on an old phone",
        # Crawlers that look for pages made for them call themselves so, too.
        re.compile(
            r"^(?!.*(?:bot|spider|crawl|https?:)).*(?:/midp|ucweb|ucbrowser|sonyericsson"
            r"|symbianos|up\.browser|untrusted/1\.0)"
        ),
    ),
    # -- machines by what they do
    Program(
        "monitor",
        "a monitor of sites",
        re.compile(
            r"pingdom|uptime|statuscake|site24x7|monitor|nagios|check_http|zabbix|newrelic"
            r"|datadog|catchpoint|gtmetrix|lighthouse|pagespeed|page speed|synthetic"
            r"|blackbox exporter|prometheus|ptst[/ ]|hetrix|health-?check|healthcheck"
            r"|watchmouse|nodeping|thousandeyes|appinsights|speedcurve|dotcom-"
        ),
    ),
    Program(
        "library",
        "a program without a reader",
        re.compile(
            r"curl|wget|python|urllib|aiohttp|httpx|requests|libwww|\blwp|\bperl\b|^java"
            r"|\bjava/\d|jakarta|http-?client|http_client|http client|httpurl"
            r"|http_request|okhttp|go-http|^go \d|golang|go-resty|ruby/|^ruby|http\.rb|faraday"
            r"|mechanize|typhoeus|\bphp|guzzle|node-|node\.js|nodejs|^node|axios"
            r"|^got[ /(]|/got\b|undici|^deno|^bun/|superagent|winhttp|wininet|restsharp"
            r"|rest-?client|rest::|postman|insomnia|httpie|http-?kit|libhttp|lib-?curl"
            r"|powershell|^dart|reqwest|hyper/|^ureq|colly|scrapy|jsoup|nutch|httrack"
            r"|aria2|lftp|fasthttp|\bnetty\b|reactornetty|akka-http|hackney|erlang|elixir|nscurl"
            r"|indy library|cpprestsdk|httplib|http-?tiny|http/tiny|anyevent|lua-resty"
            r"|gvfs|fetch/|-fetch|uclient|libsoup|neon/|serf/|snoopy|offline explorer"
            r"|webzip|teleport|webcopier|sitesucker|downloader|download ?(?:master|ninja)"
            r"|-http/|http/\d|xmlrpc|xml-rpc|php-soap|trackersdk|\bboto3?/|httpasync|\bktor"
            r"|\bjetty|vert\.?x-web|resttemplate|^swift/|cryptoapi|\bbits/|cloudfront|^lavf"
            r"|^vlc/|zapier|^n8n"
        ),
    ),
    Program(
        "crawler",
        "a crawler",
        re.compile(
            # "Cubot" and some models called "BOT" are telephones.
            r"(?<!cu)(?<!; m )(?<!; b )(?<!; id)(?<!; id )(?<!power )(?<!power_)bot\b"
            r"|(?<!cu)bot[s/_\-]|(?<!cu)bot\d|robot|spider|crawl|slurp|scrap[ei]|fetcher|(?<!cam)scann?er|/scan"
            r"|scan\b|checker|\bcheck(?!out)|probe|\baudit|inspect(?!b)|indexer|archiv|validat"
            r"|(?<!p)research|feed|\brss|heritrix|grub-client|seek|harvest|analy[sz]er|ranker"
            r"|screenshot|thumb|link ?resolver|resolver|url ?expand|finder"
            r"|searchengine|webmaster|https?:(?!//bsalsa)|mailto:|\w@[a-z\d-]{1,40}\.[a-z]|\+www\.|\(www\.|google-"
            r"|(?<!avantbrowser)(?<!bsalsa)(?<=[a-z])\.(?:com|org|net)(?:/|$)"
            r"|datanyze|assetnote|application-lb|googleother|google (?:favicon|search|page|web)|googleagent|googledocs|mediapartners|feedfetcher|chatgpt|gptbot|claude"
            r"|anthropic|perplexity|openai|bytespider|domain|sitemap|agent/|-agent\b"
            # A browser that says it is compatible says with what: Internet Explorer.
            r"|compatible;(?! ?(?:msie|konqueror|ms-office|lotus|windows|win32|intel|ie |icab"
            r"|opera|netfront|series60|nokia|linux|netpositive|ibrowse|u;|polaris|oregano"
            r"|offbyone|ncbrowser))"
        ),
    ),
    Program(
        "shell",
        "a program that gives no system",
        # All browsers tell their system in brackets; these two words tell nothing.
        re.compile(
            r"^mozilla(?:/\d\.\d{1,2})?"
            r"(?:$|[;,]| (?![(\[/\d]|linux|archlinux|windows|macintosh|android))"
        ),
    ),
    Program(
        "no_system",
        "a program that gives a system nobody has",
        re.compile(
            r"^mozilla/5\.0 \((?![^()]{0,300}(?:windows|win32|win64|winnt|mac|x11|linux"
            r"|android|ip(?:hone|ad|od)|cros|symbian|series|blackberry|bb10|playstation"
            r"|ps[345]|nintendo|tizen|web0?os|mobile|phone|tablet|kaios|bsd|haiku|msie"
            r"|konqueror|smart|tv|brew|midp|palm|amiga|beos|os/2|sunos|lg-|compatible"
            r"|fuchsia|harmony|meego|bada|sailfish|maemo|xbox|wii|sony|nokia|samsung|risc"
            r"|qnx|quest|foma|serenity|safersurf|crkey|;;))"
        ),
    ),
    # -- browsers
    Program(
        "bare_webkit",
        "Apple Mail, or Outlook for Mac",
        re.compile(r"^mozilla/5\.0 \(.{1,200}\(khtml, like gecko\)$"),
    ),
    Program(
        "phone",
        "a browser on a phone",
        re.compile(
            r"^(?:mozilla|opera).{0,300}(?:iphone|ipad|ipod|android|mobile|phone)"
            r"|^nokia|^samsung|^lg[-/]|^mot-|^motorola|^blackberry|^htc|^zte|^huawei"
            r"|^alcatel|^sie-|^j2me|opera mini"
        ),
    ),
    Program(
        "old_browser",
        "a browser that is years old",
        # As of November 2026: Chrome below 109 and Firefox below 102, which are more
        # than three years old; Windows 7 ends at 109 and 115. Internet Explorer below 11.
        re.compile(
            r"^(?!.*(?:electron|qtweb|opr/|yabrowser|vivaldi|edg/1))"
            r"mozilla/5\.0 \((?:windows|macintosh|x11).{0,200} chrome/"
            r"(?:\d\d|10[0-8])\.[\d.]{1,20} safari/[\d.]{1,10}(?: edge?/[\d.]{1,20})?$"
            r"|^mozilla/5\.0 \((?:windows|macintosh|x11).{0,100} firefox/"
            r"(?:\d\d?|10[01])\.[\d.]{1,10}$"
            r"|^(?!.*trident/7)mozilla/\d\.0 \((?:compatible|windows).{0,60} msie (?:\d|10)\."
        ),
    ),
    Program("browser", "a browser", re.compile(r"^(?:mozilla/\d\.\d{1,2} \(|opera/)")),
    Program(
        "app",
        "an app",
        # ... or a browser that names itself in a way of its own.
        re.compile(
            r"cfnetwork/|^dalvik/|^mozilla/\d|webkit|gecko/|presto/|\bfb(?:an|av)/|browser"
            r"|android[ /;]+\d|iphone|ipad|\bios[ /]\d|\bwap[ -_\d]|amigaos|nintendo"
        ),
    ),
)
#: Codes of programs that no reader has.
MACHINES = frozenset(
    ("discovery", "gateway", "headless", "preview", "monitor", "library", "crawler")
    + ("shell", "no_system")
)
#: Codes of programs that readers read with.
MAIL = frozenset(("outlook", "new_outlook", "office", "mail_program"))
_NO_NAME = "none"
_OTHER = "other"

#: code -> what a person calls the program.
TITLES = {program.code: program.title for program in PROGRAMS} | {
    _NO_NAME: "a program without a name",
    _OTHER: "an unknown program",
}


def name_program(user_agent: str) -> str:
    """Return the code of a program by the name it sends: one of :data:`TITLES`."""
    return _name(user_agent[:LENGTH])


@functools.lru_cache(maxsize=4096)
def _name(user_agent: str) -> str:
    name = user_agent.strip().lower()
    if name in ("", "-"):
        return _NO_NAME
    for program in PROGRAMS:
        if program.looks_like.search(name):
            return program.code
    return _OTHER
