# Definitions in place of those of jaq with the same name, to do what jq does, and those that jaq lacks.

def isnan: . < nan and nan < .;
def del(f): delpaths([path(f)]);
def pick(f): . as $top | reduce path(f) as $path (null; setpath($path; $top | getpath($path)));

# `null` joins as nothing.
def join($separator):
  def text: if type == "null" then "" else tostring end;
  if length == 0 then "" else reduce .[1:][] as $x (.[0] | text; . + ($separator + ($x | text))) end;

def toboolean:
  if . == true or . == false then .
  elif . == "true" then true
  elif . == "false" then false
  else error("cannot read \(tojson) as a boolean") end;

def transpose: [range([.[] | length] | max) as $i | [.[][$i]]];
def toarray: if type == "array" then . else [.] end;
def leaf_paths: paths(scalars);
def trimstr($affix): ltrimstr($affix) | rtrimstr($affix);
def ascii: [.] | implode;
def isvalid(f): try (f | true) catch false;

def in(xs): . as $x | xs | has($x);
def inside(xs): . as $x | xs | contains($x);
def index($part): indices($part)[0];
def rindex($part): indices($part)[-1];
def IN(xs): any(xs == .; .);
def IN(source; xs): any(source == xs; .);
def INDEX(stream; key): reduce stream as $row ({}; .[$row | key | tostring] = $row);
def INDEX(key): INDEX(.[]; key);

def @json: tojson;
def @csv:
  [ .[]
    | if . == null then ""
      elif type == "number" or type == "boolean" then tostring
      elif type == "string" then "\"" + gsub("\""; "\"\"") + "\""
      else error("cannot put \(tojson) into a CSV row") end
  ] | join(",");
def @tsv:
  [ .[]
    | if . == null then ""
      elif type == "number" or type == "boolean" then tostring
      elif type == "string" then gsub("\\\\"; "\\\\") | gsub("\t"; "\\t") | gsub("\n"; "\\n") | gsub("\r"; "\\r")
      else error("cannot put \(tojson) into a TSV row") end
  ] | join("\t");
