"""What gives a secret away: names beside values, shapes of headers and URLs, and the makers' prefixes."""

HARMLESS = frozenset(
    {
        "absent",
        "changed",
        "denied",
        "disabled",
        "empty",
        "enabled",
        "expired",
        "failed",
        "false",
        "hidden",
        "ignored",
        "incorrect",
        "invalid",
        "masked",
        "missing",
        "nil",
        "no",
        "none",
        "null",
        "ok",
        "omitted",
        "present",
        "provided",
        "redacted",
        "rejected",
        "required",
        "revoked",
        "set",
        "true",
        "undefined",
        "unknown",
        "unset",
        "wrong",
        "yes",
    }
)
"""Words that say something about a credential and are none."""

TAG = r"\[secret:[0-9a-f]{4}\]"

KEYS = (
    r"(?:api|access|private|secret|account|shared|signing|encryption|master|storage|consumer|auth|client|admin"
    r"|license|ssh)[_-]?(?:access[_-]?)?key"
)
NAMES = (
    r"[\w.-]*(?:passw(?:or)?d|pwd|passphrase|passcode|secret|token|credentials?|session[_-]?id|sessid|cookie"
    rf"|bearer|jwt|{KEYS})"
)
"""Names whose values are secrets, whatever they look like."""

HINTS = (
    r"[\w.-]*(?:key|auth|authorization|pass|pw|sig|signature|pat|pin|seed|salt|dsn|webhook|access[_-]?id"
    r"|_sid|cert|secrets|tokens|keys)"
)
"""Names whose values are secrets where they look drawn by lot."""

OP = r"[ \t]*(?:[:?|+]{0,3}=>?|:|=>)[ \t]*"
CALL = rf"(?:{OP}|[ \t]*\([ \t]*)"
QUOTES = r"[\"'`]?"
BARE = r"[^\s\"'`\\,;&<>\[\]]"
FIRST = r"[^\s\"'`\\,;&<>\[\]:=(]"
END_OF_BARE = ")}.,:;|"
"""What ends a value without quotes more often than it belongs to it."""

# Each has one group: the secret itself; what stands around it is kept.
STRUCTURES = (
    # Whole private keys, also where the end was cut off.
    r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----([A-Za-z0-9+/=\\\s:,.()-]{16,}?)-----END ",
    (
        r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----((?:(?:\\[nr]|\s)+[A-Za-z-]+: [^\r\n\\]+)*"
        r"(?:(?:\\[nr]|\s)*[A-Za-z0-9+/=]{16,})+)"
    ),
    r"(?i)Private-Lines: \d+[\r\n]+([A-Za-z0-9+/=\s]{16,})",
    r"(?i)\b(?:bearer|basic|digest|negotiate)\s+([A-Za-z0-9+/=._~|:$-]{8,})",
    r"(?i)authorization\\?[\"']?\s*[:=]\s*\\?[\"']?\s*(?:[a-z][a-z-]{2,}\s+)?([^\s\"'\\,\[\]]{10,})",
    r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@\"']*:([^\s/\"'\[\]]+)@",
    r"(?i)(?:set-)?cookie[\"']?\s*[:=]\s*[\"']?([^\s\"'\[][^\r\n\"']{3,})",
    # "password": "a b", password='a b', <password>a b</password>; JSON inside of JSON first.
    rf"(?i)\b{NAMES}\\+[\"']{OP}\\+[\"']([^\"\\]+)",
    rf"(?i)\b{NAMES}{QUOTES}{CALL}\"((?:[^\"\\\n]|\\[^\n])+)",
    rf"(?i)\b{NAMES}{QUOTES}{CALL}'((?:[^'\\\n]|\\[^\n])+)",
    rf"(?i)<{NAMES}(?:\s[^<>]*)?>\s*([^<>\s][^<>]*)</",
    # - name: DB_PASSWORD, value: x; <add key="Password" value="x" />
    rf"(?i)\b(?:name|key){QUOTES}{OP}{QUOTES}{NAMES}{QUOTES},?\s+{QUOTES}value{QUOTES}{OP}{QUOTES}({BARE}{{3,}})",
    rf"(?i)\b{NAMES}{OP}({FIRST}{BARE}{{2,}})",
    rf"(?i)\s--?{NAMES}\s+[\"']?([^\s\"'\[-][^\s\"'\[\]]{{2,}})",
    # curl -u user:password, --user 'user:password', -u "key:"
    r"\s(?:-u|-U|--user|--proxy-user)[\s=\\/]*[\"']?[^\s\"':\[\]]*[\"']?:[\"']?([^\s\"'\[\]]{3,})",
    r"\s(?:-u|-U|--user|--proxy-user)[\s=\\/]*[\"']?([^\s\"':\[\]]{8,}):[\"'\s]",
)

# The group counts where it looks drawn by lot.
LIKELY = (
    rf"(?i)\b{HINTS}{QUOTES}{OP}\\?{QUOTES}({BARE}{{12,}})",
    (
        r"(?i)\b(?:token|secret|password|passphrase|api[ _-]?key|credentials?|key)[\"')]?"
        r"(?:\s+(?:for|of)\s+[\w.-]+)?(?:\s+(?:is|was|of|value|used))*[\s:=\"'(,]+([^\s\"',;()<>\[\]]{12,})"
    ),
    # Prefixes that ordinary words have as well.
    (
        r"\b((?:live|test|shippo_live|shippo_test|duffel_live|duffel_test|FLWSECK_TEST|FLWSECK|lin_api"
        r"|lin_oauth|rubygems|rdme|tfp|pnu|sm_aat|sm_pat|sm_sat|clojars|nfp|figd|fig[ou]|pplx|gsk|xai|r8|apify_api"
        r"|sbp|tvly|fc|lsv2_[a-z]{2}|jina|vck|vcp|dckr_pat|dckr_oat|ddp|phc|phx|rpa|ion|whk|cio|trg|tskey-[a-z]+"
        r"|API|pul|ico|fio-u|dnkey|waka|CFPAT|CLOJARS|LD|mob|sdk|ptr|sl\.u|sl\.B|tk-us|key_live|key_test|PMAT|ABSK"
        r"|access_token_live|access_token_test|bkua|bkaj|cog|nvapi|hcp|ctx7sk|flb_live|flb_test|oat|pst|sqa|squ|sqp"
        r"|slk|bundle_enterprise|secret)[_.-][A-Za-z0-9_.=+/-]{20,})"
    ),
)

CANDIDATE = r"[A-Za-z0-9+/_~-]*[A-Za-z][0-9]{1,8}[A-Za-z][A-Za-z0-9+/_~-]*"
"""What may be a key without any context: no key is long and lacks a digit between letters."""

VENDORS = (
    r"xox[a-zA-Z](?:\.xox[a-z])?-[A-Za-z0-9-]{8,}",
    r"xapp-[A-Za-z0-9-]{8,}",
    r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{8,}",
    r"/IncomingWebhook/[^\s\"']{8,}",
    r"discord(?:app)?\.com/api/webhooks/[0-9]+/[A-Za-z0-9_-]{16,}",
    r"\b[0-9]{6,12}:AA[A-Za-z0-9_-]{30,}",
    r"gh[pousr]_[A-Za-z0-9]{16,}",
    r"github_pat_[A-Za-z0-9_]{16,}",
    r"\bgl(?:pat|cbt|ptt|dt|rt|oas|soat|ft|imt|agent|ffct)-[A-Za-z0-9_.-]{12,}",
    r"\bGR1348941[A-Za-z0-9_-]{16,}",
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,16}",
    r"\bLTAI[A-Za-z0-9]{12,}",
    r"\bAKID[A-Za-z0-9]{28,}",
    r"\bsk-(?:ant-|proj-|svcacct-|or-)?[A-Za-z0-9_-]{16,}",
    r"\b[srp]k_(?:live|test|prod)_[A-Za-z0-9]{10,}",
    r"\bwhsec_[A-Za-z0-9+/=]{16,}",
    r"\bAIza[A-Za-z0-9_-]{30,}",
    r"\bya29\.[A-Za-z0-9_-]{16,}",
    r"\bGOCSPX-[A-Za-z0-9_-]{16,}",
    r"\bEZ[AT]K[A-Za-z0-9]{40,}",
    r"\b1//0[A-Za-z0-9_-]{30,}",
    r"\bEAA[A-Za-z0-9_-]{40,}",
    r"\b[0-9]{13,18}\|[A-Za-z0-9_-]{24,}",
    r"\bsq0[a-z]{3}-[A-Za-z0-9_-]{20,}",
    r"\bs-s4t2(?:ud|af)-[a-f0-9]{32,}",
    r"\bnpm_[A-Za-z0-9]{30,}",
    r"\bpypi-[A-Za-z0-9_-]{32,}",
    r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
    r"\bhv[sbr]\.[A-Za-z0-9_-]{20,}",
    r"\bdo[opr]_v1_[a-f0-9]{32,}",
    r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    r"\bdapi[a-f0-9]{32}(?:-[0-9])?",
    r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_.-]{16,}",
    r"\bdt0[a-z][0-9]{2}\.[A-Z0-9]{16,}\.[A-Z0-9]{32,}",
    r"\bgl[cs]a?_[A-Za-z0-9_+/=]{16,}",
    r"\beyJrIjoi[A-Za-z0-9+/=]{32,}",
    r"\bNR(?:AK|JS|II|IQ|RA|SP)-[A-Za-z0-9]{16,}",
    r"\bAGE-SECRET-KEY-1[A-Z0-9]{20,}",
    r"\b(?:ops_)?eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?",
    r"\bops_eyJ[A-Za-z0-9+/=]{40,}",
    r"\bA3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}",
    r"\b(?:hf|api_org)_[A-Za-z]{30,}",
    r"\bATATT3[A-Za-z0-9_=-]{32,}",
    r"\bATCTT3[A-Za-z0-9_=-]{32,}",
    r"\bATBB[A-Za-z0-9]{24,}",
    r"\bAKCp[A-Za-z0-9]{32,}",
    r"\bcmVmd[A-Za-z0-9+/=]{32,}",
    r"\bpat[A-Za-z0-9]{14}\.[a-f0-9]{32,}",
    r"\b(?:pat|sat)\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9]{16,}\.[A-Za-z0-9]{16,}",
    r"\bpat-(?:na|eu)[0-9]-[a-f0-9-]{30,}",
    r"\b(?:pk|sk|tk)\.eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
    r"\bHRKU-[A-Za-z0-9_-]{32,}",
    r"\b(?:fo1|fm1[ar]|fm2|FlyV1 fm[12][ar]?)_\S{16,}",
    r"\bpscale_(?:tkn|oauth|pw)_\S*",
    r"\bsgp_(?:[a-zA-Z0-9]+_)?[a-fA-F0-9]{32,}",
    r"\bsnt?ry[su]_[A-Za-z0-9+/=_-]{32,}",
    r"\bsntry[su]_[A-Za-z0-9+/=_-]{32,}",
    r"\bsha256~[A-Za-z0-9_@=.+/-]{16,}",
    r"\.atlasv1\.[A-Za-z0-9_=-]{40,}",
    r"[0-9]Q~[A-Za-z0-9_~.-]{30,}",
    r"\bSK[a-f0-9]{32}",
    r"\b(?:key|pubkey)-[a-f0-9]{32}",
    r"\b[a-f0-9]{32}-us[0-9]{1,2}\b",
    r"\bntn_[A-Za-z0-9]{32,}",
    r"\bsecret_[A-Za-z0-9]{32,}",
    r"\b(?:xkeysib|xsmtpsib)-[a-f0-9]{40,}-[A-Za-z0-9]{8,}",
    r"\bPMAK-[a-f0-9]{16,}-[a-f0-9]{16,}",
    r"\bv1\.0-[a-f0-9]{16,}-[a-f0-9]{64,}",
    r"\bt1\.[A-Z0-9a-z_-]+=*\.[A-Z0-9a-z_-]{80,}=*",
    r"\b(?:AQVN|YC)[A-Za-z0-9_-]{34,}",
    r"\b[a-z]+-(?:key|secret|token|sandbox|production|development)-[0-9a-f-]{16,}",
    r"\bhooks\.zapier\.com/hooks/catch/[A-Za-z0-9/]{8,}",
    r"\bp8e-[A-Za-z0-9]{32}",
)
