//! Checks that tests of pictures and pages share.

/// Elements of HTML that have no end.
const VOID: [&str; 3] = ["link", "meta", "br"];

/// Checks that every element of a document is closed, in order. Attributes must not hold `>`.
pub(crate) fn assert_well_formed(document: &str) {
    let mut open = Vec::new();
    for tag in document.split('<').skip(1).filter(|tag| !tag.starts_with('!')) {
        let (tag, _) = tag.split_once('>').expect("every tag ends");
        let name = tag.trim_start_matches('/').split([' ', '/']).next().expect("a name");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "closed out of order");
        } else if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
}
