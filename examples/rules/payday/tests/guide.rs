//! The guide for rule authors shows this crate; what it shows is what is compiled and tested here.

#[test]
fn the_guide_shows_the_code_as_it_is() {
    let guide = include_str!("../../../../docs/rules-guide.md");
    for (file, text) in [("src/lib.rs", include_str!("../src/lib.rs")), ("tests/payday.rs", include_str!("payday.rs"))]
    {
        let block = format!("```rust\n{text}```\n");
        assert!(
            guide.contains(&block),
            "docs/rules-guide.md shows another {file} than the one in examples/rules/payday"
        );
    }
}
