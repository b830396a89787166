"""What RFC 4287 demands of a feed, as a schema (its section 4, as far as we write it) and as what no schema can say."""

from collections.abc import Iterator

from lxml import etree

_SCHEMA = etree.RelaxNG(
    etree.XML("""
<grammar xmlns="http://relaxng.org/ns/structure/1.0" datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes"
         ns="http://www.w3.org/2005/Atom">
  <start>
    <element name="feed">
      <ref name="common"/>
      <interleave>
        <ref name="known"/>
        <oneOrMore><element name="author"><element name="name"><data type="token"/></element></element></oneOrMore>
        <optional><element name="subtitle"><ref name="text"/></element></optional>
        <zeroOrMore><ref name="entry"/></zeroOrMore>
      </interleave>
    </element>
  </start>
  <define name="entry">
    <element name="entry">
      <ref name="common"/>
      <interleave>
        <ref name="known"/>
        <optional><element name="content">
          <attribute name="type"><choice><value>text</value><value>html</value></choice></attribute><text/>
        </element></optional>
      </interleave>
    </element>
  </define>
  <define name="known">
    <interleave>
      <element name="id"><data type="anyURI"><param name="pattern">[A-Za-z][A-Za-z0-9+.\\-]*:.+</param></data></element>
      <element name="title"><ref name="text"/></element>
      <element name="updated"><data type="dateTime">
        <param name="pattern">.*(Z|[+\\-]\\d\\d:\\d\\d)</param>
      </data></element>
      <oneOrMore><element name="link">
        <attribute name="href"><data type="anyURI"/></attribute>
        <attribute name="rel"><choice><value>alternate</value><value>self</value></choice></attribute>
      </element></oneOrMore>
    </interleave>
  </define>
  <define name="common">
    <optional><attribute name="xml:lang"><data type="language"/></attribute></optional>
  </define>
  <define name="text">
    <optional><attribute name="type"><choice><value>text</value><value>html</value></choice></attribute></optional>
    <text/>
  </define>
</grammar>
""")
)
_NAMES = {"a": "http://www.w3.org/2005/Atom"}


def objections(feed: bytes) -> list[str]:
    """Return what RFC 4287 has against a feed."""
    tree = etree.fromstring(feed)
    _SCHEMA.validate(tree)
    return [*(str(error) for error in _SCHEMA.error_log), *_beyond_the_schema(tree)]


def _beyond_the_schema(tree: etree._Element) -> Iterator[str]:
    ids = tree.xpath("a:entry/a:id/text()", namespaces=_NAMES)
    if len(set(ids)) != len(ids):
        yield "4.1.1: two entries have one id"
    for part in (tree, *tree.xpath("a:entry", namespaces=_NAMES)):
        alternate = part.xpath("a:link[@rel='alternate']/@href", namespaces=_NAMES)
        if len(alternate) != 1:
            yield f"4.1.1, 4.1.2: {len(alternate)} alternate links of one type"
    if len(tree.xpath("a:link[@rel='self']", namespaces=_NAMES)) != 1:
        yield "4.1.1: a feed should say where it is"
    updated = tree.xpath("a:entry/a:updated/text()", namespaces=_NAMES)
    if updated and tree.findtext("a:updated", namespaces=_NAMES) != max(updated):
        yield "4.2.15: the feed is not as new as its newest entry"
