//! Takes comments and the contents of literals out of Rust source, keeping every line in its place.
//!
//! Knows just enough of the language to tell code from what is not: nested comments, raw strings, lifetimes. A quoted
//! literal stays as an empty pair of quotes.

/// The code of `text`: as many lines as before, without comments and without the contents of literals.
pub fn code(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = literal_or_comment(rest, masked.chars().next_back());
        let (taken, after) = rest.split_at(length.unwrap_or(first.len_utf8()));
        if length.is_none() {
            masked.push(first);
        } else {
            let quote = if taken.starts_with('/') { "" } else { "\"\"" };
            masked.push_str(quote);
            masked.extend(taken.chars().filter(|&character| character == '\n'));
        }
        rest = after;
    }
    masked
}

/// The length of the comment or literal that `rest` begins with, if it does.
fn literal_or_comment(rest: &str, before: Option<char>) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(block_comment(rest));
    }
    if let Some(inside) = rest.strip_prefix('"') {
        return Some(1 + quoted(inside));
    }
    if let Some(inside) = rest.strip_prefix('\'') {
        return character(inside);
    }
    let inside_a_word = before.is_some_and(|before| before.is_alphanumeric() || before == '_');
    if inside_a_word { None } else { raw_string(rest) }
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        let step = match &rest.as_bytes()[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                2
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                2
            }
            _ => 1,
        };
        at += step;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// The length up to and with the closing quote.
fn quoted(inside: &str) -> usize {
    let mut escaped = false;
    for (at, character) in inside.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    inside.len()
}

/// A character literal; a lifetime is none.
fn character(inside: &str) -> Option<usize> {
    if inside.starts_with('\\') {
        let after = inside.char_indices().nth(2).map_or(inside.len(), |(at, _)| at);
        return inside[after..].find('\'').map(|at| 1 + after + at + 1);
    }
    let first = inside.chars().next()?;
    inside[first.len_utf8()..]
        .starts_with('\'')
        .then(|| 1 + first.len_utf8() + 1)
}

fn raw_string(rest: &str) -> Option<usize> {
    let opened = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = opened.bytes().take_while(|&byte| byte == b'#').count();
    let inside = opened[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = inside.find(&close).map_or(inside.len(), |at| at + close.len());
    Some(rest.len() - inside.len() + end)
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn comments_and_contents_go_and_code_stays() {
        for (text, masked) in [
            ("a // sled\nb", "a \nb"),
            ("a /* x /* y */\nz */ b", "a \n b"),
            (r#"f("sled \" x", y)"#, r#"f("", y)"#),
            (r##"let s = r#"a "quoted" sled"#;"##, r#"let s = "";"#),
            ("for 'a in x", "for 'a in x"),
            (r"let q = '\''; let s = '\u{41}'; x", r#"let q = ""; let s = ""; x"#),
            ("let q = '\"'; sled", "let q = \"\"; sled"),
            ("var\"x\"", "var\"\""),
        ] {
            assert_eq!(code(text), masked, "{text}");
        }
    }
}
