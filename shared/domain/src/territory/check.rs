//! What must hold before units become a tree.

use std::collections::HashMap;

use super::{Level, Unit};
use crate::code::Code;
use crate::day::Day;
use crate::period::{Interval, Life, LifeError};

/// Why units are no tree; each names the unit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TerritoryError {
    /// Two levels with one code.
    #[error("уровень {0} описан дважды")]
    DuplicateLevel(Code),
    /// A level that is not listed.
    #[error("территория {unit}: неизвестный уровень «{level}»")]
    UnknownLevel {
        /// The unit.
        unit: Code,
        /// The level it names.
        level: Code,
    },
    /// Two units with one code.
    #[error("территория {0} описана дважды")]
    DuplicateUnit(Code),
    /// A code that means «не сопоставлено» or «не указано».
    #[error("код территории «{0}» занят: он обозначает отсутствие территории")]
    Reserved(Code),
    /// None or several units without a parent.
    #[error("корень дерева должен быть ровно один (территория без вышестоящей), а найдено {}: {}", .0.len(), join(.0))]
    Roots(Vec<Code>),
    /// The root is not of the first level.
    #[error("территория {0}: у неё нет вышестоящей, но её уровень не первый")]
    RootLevel(Code),
    /// A parent that is not listed.
    #[error("территория {unit}: вышестоящая территория «{parent}» не описана")]
    UnknownParent {
        /// The unit.
        unit: Code,
        /// The parent it names.
        parent: Code,
    },
    /// A parent of the same or a lower level; so every cycle has one.
    #[error("территория {unit}: вышестоящая «{parent}» стоит не выше её по уровню (цикл или перепутанные уровни)")]
    ParentNotAbove {
        /// The unit.
        unit: Code,
        /// The parent it names.
        parent: Code,
    },
    /// Two parents on one day.
    #[error("территория {unit}: вышестоящие территории: {reason}")]
    Parents {
        /// The unit.
        unit: Code,
        /// What is wrong with their intervals.
        reason: LifeError,
    },
    /// A day of the unit's life without a parent.
    #[error("территория {unit}: на {day} не указана вышестоящая территория")]
    NoParentOn {
        /// The unit.
        unit: Code,
        /// The first such day.
        day: Day,
    },
    /// A parent that does not exist on a day on which it is the parent.
    #[error("территория {unit}: вышестоящая «{parent}» не существует на {day}")]
    ParentNotLiving {
        /// The unit.
        unit: Code,
        /// The parent.
        parent: Code,
        /// The first such day.
        day: Day,
    },
    /// One value that means two units at once.
    #[error("значение «{value}» обозначает сразу две территории: {first} и {second} ({during})")]
    DuplicateValue {
        /// The code, ISO code or alias.
        value: String,
        /// One unit.
        first: Code,
        /// The other.
        second: Code,
        /// When both exist.
        during: Interval,
    },
    /// A successor that is not listed, or is the unit itself.
    #[error("территория {unit}: преемник «{successor}» не описан")]
    UnknownSuccessor {
        /// The unit.
        unit: Code,
        /// The successor it names.
        successor: Code,
    },
    /// A successor of a unit that never ends.
    #[error("территория {0}: указан преемник, но не указано, до какого дня она существует")]
    SuccessorWithoutEnd(Code),
}

fn join(codes: &[Code]) -> String {
    codes.iter().map(Code::as_str).collect::<Vec<_>>().join(", ")
}

/// Where each code stands.
pub(super) fn index_codes(units: &[Unit]) -> Result<HashMap<Code, usize>, TerritoryError> {
    let mut index = HashMap::new();
    for (at, unit) in units.iter().enumerate() {
        if [Code::UNMATCHED, Code::NONE].contains(&unit.code.as_str()) {
            return Err(TerritoryError::Reserved(unit.code.clone()));
        }
        if index.insert(unit.code.clone(), at).is_some() {
            return Err(TerritoryError::DuplicateUnit(unit.code.clone()));
        }
    }
    Ok(index)
}

/// Checks levels, parents and successors; gives the position of the root.
pub(super) fn shape(levels: &[Level], units: &[Unit], codes: &HashMap<Code, usize>) -> Result<usize, TerritoryError> {
    let mut ranks = HashMap::new();
    for (rank, level) in levels.iter().enumerate() {
        if ranks.insert(&level.code, rank).is_some() {
            return Err(TerritoryError::DuplicateLevel(level.code.clone()));
        }
    }
    let rank = |unit: &Unit| {
        let unknown = || TerritoryError::UnknownLevel {
            unit: unit.code.clone(),
            level: unit.level.clone(),
        };
        ranks.get(&unit.level).copied().ok_or_else(unknown)
    };
    for unit in units {
        let own_rank = rank(unit)?;
        for parent in &unit.parents {
            let (unit, parent) = (unit.code.clone(), parent.code.clone());
            let Some(&above) = codes.get(&parent) else {
                return Err(TerritoryError::UnknownParent { unit, parent });
            };
            if rank(&units[above])? >= own_rank {
                return Err(TerritoryError::ParentNotAbove { unit, parent });
            }
        }
        times(unit, units, codes)?;
        successor(unit, codes)?;
    }
    root(units, |unit| rank(unit).is_ok_and(|rank| rank == 0))
}

fn root(units: &[Unit], is_first_level: impl Fn(&Unit) -> bool) -> Result<usize, TerritoryError> {
    let roots: Vec<usize> = (0..units.len()).filter(|&at| units[at].parents.is_empty()).collect();
    match roots[..] {
        [root] if is_first_level(&units[root]) => Ok(root),
        [root] => Err(TerritoryError::RootLevel(units[root].code.clone())),
        _ => Err(TerritoryError::Roots(
            roots.iter().map(|&at| units[at].code.clone()).collect(),
        )),
    }
}

/// One living parent on every day of the unit's life.
fn times(unit: &Unit, units: &[Unit], codes: &HashMap<Code, usize>) -> Result<(), TerritoryError> {
    if unit.parents.is_empty() {
        return Ok(());
    }
    let covered = Life::new(unit.parents.iter().map(|parent| parent.during).collect()).map_err(|reason| {
        TerritoryError::Parents {
            unit: unit.code.clone(),
            reason,
        }
    })?;
    if let Some(day) = unit.life.first_day_outside(&covered) {
        return Err(TerritoryError::NoParentOn {
            unit: unit.code.clone(),
            day,
        });
    }
    for parent in &unit.parents {
        let needed = unit
            .life
            .intervals()
            .iter()
            .filter_map(|interval| interval.intersection(&parent.during))
            .collect();
        // A membership wholly outside the unit's life needs no living parent.
        let Ok(needed) = Life::new(needed) else { continue };
        if let Some(day) = needed.first_day_outside(&units[codes[&parent.code]].life) {
            let (unit, parent) = (unit.code.clone(), parent.code.clone());
            return Err(TerritoryError::ParentNotLiving { unit, parent, day });
        }
    }
    Ok(())
}

fn successor(unit: &Unit, codes: &HashMap<Code, usize>) -> Result<(), TerritoryError> {
    let Some(successor) = &unit.successor else {
        return Ok(());
    };
    if *successor == unit.code || !codes.contains_key(successor) {
        return Err(TerritoryError::UnknownSuccessor {
            unit: unit.code.clone(),
            successor: successor.clone(),
        });
    }
    if unit.life.intervals().iter().any(|interval| interval.until.is_none()) {
        return Err(TerritoryError::SuccessorWithoutEnd(unit.code.clone()));
    }
    Ok(())
}

/// Which units each code, ISO code and alias means; never two on one day.
pub(super) fn index_values(units: &[Unit]) -> Result<HashMap<String, Vec<usize>>, TerritoryError> {
    let mut index: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, unit) in units.iter().enumerate() {
        for value in unit.values() {
            let holders = index.entry(value.to_owned()).or_default();
            for other in holders.iter().filter(|&&other| other != at).map(|&other| &units[other]) {
                if let Some(during) = other.life.shared_with(&unit.life) {
                    let (value, first, second) = (value.to_owned(), other.code.clone(), unit.code.clone());
                    return Err(TerritoryError::DuplicateValue {
                        value,
                        first,
                        second,
                        during,
                    });
                }
            }
            if !holders.contains(&at) {
                holders.push(at);
            }
        }
    }
    Ok(index)
}
