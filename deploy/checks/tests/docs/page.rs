//! A page of the documents: the files that it shows and the commands that it tells to run, in order.
//!
//! A fenced block begins with its language. `sh test` is run; a name after any other language says that the reader has the
//! text as that file; everything else is only read.

use std::fs;

use checks::root;

/// One step of a reader.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Has this text in a file of this name.
    Has(String, String),
    /// Runs these commands, by words that say with what.
    Runs {
        commands: String,
        with: Vec<String>,
        line: usize,
    },
}

/// The steps of a page below `docs/`.
pub fn steps(page: &str) -> Vec<Step> {
    let path = root().join("docs").join(page);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    read(&text)
}

fn read(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.trim_start().strip_prefix("```") else {
            continue;
        };
        let indent = line.len() - line.trim_start().len();
        let body: Vec<&str> = lines
            .by_ref()
            .map(|(_, line)| line.get(indent..).unwrap_or_default())
            .take_while(|line| *line != "```")
            .collect();
        let body = body.join("\n") + "\n";
        let mut words = info.split_whitespace().map(str::to_owned);
        match (words.next().as_deref(), words.next()) {
            (Some("sh"), Some(word)) if word == "test" => steps.push(Step::Runs {
                commands: body,
                with: words.collect(),
                line: number + 1,
            }),
            (Some(language), Some(name)) if language != "sh" => steps.push(Step::Has(name, body)),
            _ => {}
        }
    }
    steps
}

#[test]
fn a_page_is_its_files_and_its_commands() {
    let page =
        "# A\n```\nread\n```\n```csv a.csv\nx,y\n```\n1. so:\n   ```sh test node\n   cat a.csv\n     b\n   ```\n";
    let expected = [
        Step::Has("a.csv".to_owned(), "x,y\n".to_owned()),
        Step::Runs {
            commands: "cat a.csv\n  b\n".to_owned(),
            with: vec!["node".to_owned()],
            line: 9,
        },
    ];
    assert_eq!(read(page), expected);
}
