//! Why one item is not taken: a stable code, the path of the field, what was got, and a sentence for a person.

use wire::pb;

/// Characters of a value that an answer repeats at most: enough to recognise it, too few to carry a text.
const GOT_CHARS: usize = 64;

/// A rejection of the item at a place in its call.
pub(super) fn rejection(at: usize, field: &str, code: &str, got: &str, message: &str) -> pb::Rejection {
    pb::Rejection {
        code: code.to_owned(),
        field: format!("items[{at}].{field}"),
        got: cut(got),
        message: message.to_owned(),
    }
}

/// A value as it may be shown and listed: cut, and without control characters.
pub(super) fn cut(raw: &str) -> String {
    raw.chars()
        .take(GOT_CHARS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
