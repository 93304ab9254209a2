# What jaq does natively, behind a look at what it would cost. Comes before the definitions of jaq.

def matches($re; $flags): __regex($re; $flags) | __matches($re; $flags);
def split_matches($re; $flags): __regex($re; $flags) | __split_matches($re; $flags);
def split_($re; $flags): __regex($re; $flags) | __split($re; $flags);

def escape_html: __guard | __escape_html;
def unescape_html: __guard | __unescape_html;
def encode_uri: __guard | __encode_uri;
def decode_uri: __guard | __decode_uri;
def encode_base64: __guard | __encode_base64;
def decode_base64: __guard | __decode_base64;
def escape_sh: __guard | __escape_sh;

def strftime($format): __format($format) | __strftime($format);
def strptime($format): __format($format) | __strptime($format);
