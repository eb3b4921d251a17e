//! Making a failing script short: the shortest beginning that fails, then without every operation it can do without.

use crate::play::{Broken, play};
use crate::script::Script;

/// The numbers of the operations that are enough, and the failure that they still show; `None` when nothing fails.
pub fn shrink(script: &Script, told: &mut dyn FnMut(usize)) -> Option<(Vec<usize>, Broken)> {
    let mut broken = play(script).err()?;
    let mut kept: Vec<usize> = (0..broken.at.map_or(script.ops.len(), |at| at + 1)).collect();
    let mut chunk = kept.len().div_ceil(2);
    while chunk > 0 {
        let mut at = 0;
        while at < kept.len() {
            let mut fewer = kept.clone();
            fewer.drain(at..(at + chunk).min(kept.len()));
            match play(&script.keeping(&fewer)) {
                Err(still) => {
                    told(fewer.len());
                    kept = fewer;
                    broken = still;
                }
                Ok(_) => at += chunk,
            }
        }
        chunk /= 2;
    }
    Some((kept, broken))
}
