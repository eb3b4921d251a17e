//! The worked example of the file's documentation is a federation file.

use domain::federation::Federation;

const DOCUMENT: &str = include_str!("../../../docs/reference/federation-file.md");

#[test]
fn the_example_of_the_document_is_read() {
    let example = DOCUMENT
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let federation = Federation::parse(example.expect("the document has an example")).expect("well-formed");
    assert_eq!(federation.id(), "example");
    assert_eq!(federation.tree().units().len(), 2);
    assert_eq!(federation.dictionary().measures().len(), 1);
}
