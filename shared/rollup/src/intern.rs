//! Codes and cell keys as numbers, so that a cell of a kept sheet is a few bytes.
//!
//! Numbers are given in the order of arrival and never taken back: what they name is bounded by the dictionary and the
//! tree. No answer may depend on them; whatever is sorted or compared is sorted and compared by code.

use std::collections::HashMap;

use domain::Code;

/// Codes by number and numbers by code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Codes {
    ids: HashMap<Code, u32>,
    codes: Vec<Code>,
}

impl Codes {
    /// The number of a code, given now if it has none.
    pub(crate) fn intern(&mut self, code: &Code) -> u32 {
        if let Some(&id) = self.ids.get(code) {
            return id;
        }
        let id = number(self.codes.len());
        self.codes.push(code.clone());
        self.ids.insert(code.clone(), id);
        id
    }

    /// The number of a code that some sheet named.
    pub(crate) fn id(&self, code: &Code) -> Option<u32> {
        self.ids.get(code).copied()
    }

    /// The code of a number.
    pub(crate) fn code(&self, id: u32) -> &Code {
        &self.codes[id as usize]
    }

    /// How many codes have numbers.
    pub(crate) fn len(&self) -> usize {
        self.codes.len()
    }
}

/// Values of the dimensions of cells, each combination once: nearly all of them repeat from day to day.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    ids: HashMap<Box<[u32]>, u32>,
    flat: Vec<u32>,
    ends: Vec<usize>,
}

impl Keys {
    /// The number of a combination, given now if it has none.
    pub(crate) fn intern(&mut self, values: &[u32]) -> u32 {
        if let Some(&id) = self.ids.get(values) {
            return id;
        }
        let id = number(self.ends.len());
        self.flat.extend_from_slice(values);
        self.ends.push(self.flat.len());
        self.ids.insert(values.into(), id);
        id
    }

    /// The values of a combination, in the order of their set.
    pub(crate) fn values(&self, id: u32) -> &[u32] {
        let at = id as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.flat[start..self.ends[at]]
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).expect("fewer than 2^32 distinct codes fit in memory")
}
