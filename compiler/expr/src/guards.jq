# What jaq does natively, behind a look at what it would cost. Comes before the definitions of jaq.

def escape_html: __text | __escape_html;
def unescape_html: __text | __unescape_html;
def encode_uri: __text | __encode_uri;
def decode_uri: __text | __decode_uri;
def encode_base64: __text | __encode_base64;
def decode_base64: __text | __decode_base64;
def escape_sh: __text | __escape_sh;

def strftime($format): __time | __format($format) | __strftime($format);
def strptime($format): __format($format) | __strptime($format);
def gmtime: __time | __gmtime;
def mktime: __time | __mktime;
def todateiso8601: __time | __todateiso8601;

def jn($order; $x): __order($order) | __jn($order; $x);
def yn($order; $x): __order($order) | __yn($order; $x);
