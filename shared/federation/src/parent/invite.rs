//! Inviting: who may be given what, and the text that is handed over.
//!
//! The hub gives whatever nobody else has. A parent that is a member itself gives only a part of its own covers, strictly
//! inside them, and from a future day on: a day that has begun is counted already. An earlier day is given only when this
//! node has signed no figure of it, as while both load their past. An invitation for a future day ends when that day begins.

use std::io;

use domain::cell::CellKey;
use domain::dictionary::Dimension;
use domain::federation::Federation;
use domain::member::{Cover, Member};
use domain::territory::Tree;
use domain::{Code, Day, NodeId, Zone};
use jiff::SignedDuration;
use ledger::{Ledger, LedgerError};
use runtime::random::bytes;
use seal::Digest;

use super::Parent;
use super::invitations::{KeptCover, KeptInvitation};
use crate::held;
use crate::invitation::Invitation;

/// A wish for an invitation.
#[derive(Clone, Debug)]
pub struct InviteWish {
    /// Id of the future member.
    pub node: NodeId,
    /// Territory, source or any, first day.
    pub covers: Vec<(Code, Option<Code>, Day)>,
    /// Zone; that of the first territory when not given.
    pub zone: Option<Zone>,
    /// How long it holds.
    pub validity: SignedDuration,
}

/// Why no invitation is made, or no cover given.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// No territory named.
    #[error("укажите хотя бы одну территорию: --territory КОД")]
    NoTerritory,
    /// Not in the tree.
    #[error("территории {0} нет в файле федерации")]
    UnknownTerritory(Code),
    /// Not in the dictionary.
    #[error("источника {0} нет в словаре")]
    UnknownSource(Code),
    /// The tree gives no zone for the territory.
    #[error("для территории {0} не задан часовой пояс: укажите --zone")]
    NoZone(Code),
    /// Another member answers for a part of it already.
    #[error("территорию {territory} уже ведёт узел {node}")]
    Taken {
        /// The territory.
        territory: Code,
        /// Who has it.
        node: NodeId,
    },
    /// The parent does not answer for it itself, or it is all that the parent answers for.
    #[error("территория {0} не лежит внутри той, за которую отвечает этот узел: отдать можно только её часть")]
    OutsideScope(Code),
    /// The day has begun.
    #[error("покрытие начинается не раньше завтрашнего дня ({earliest}): день {day} уже считает этот узел")]
    NotFuture {
        /// As asked.
        day: Day,
        /// The first day that may be given.
        earliest: Day,
    },
    /// The node has it already.
    #[error("узел уже отвечает за территорию {0}")]
    AlreadyCovered(Code),
    /// No dictionary in force.
    #[error("в журнале нет файла федерации")]
    NoDictionary,
    /// The file of invitations.
    #[error("не удалось записать приглашение: {0}")]
    Io(#[from] io::Error),
    /// The own sheets cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Parent {
    /// Makes an invitation; only a hash of its secret stays here.
    pub fn invite(&self, wish: &InviteWish) -> Result<Invitation, InviteError> {
        let covers: Vec<Cover> = wish
            .covers
            .iter()
            .map(|(territory, source, from)| cover(territory.clone(), source.clone(), *from))
            .collect();
        let zone = self.check(wish, &covers)?;
        let now = self.clock.now();
        let secret = bytes::<16>(&*self.random);
        let validity = wish.validity.as_millis().try_into().unwrap_or(i64::MAX);
        let mut expires_at_ms = now.as_millisecond().saturating_add(validity);
        if self.bounds().is_some() {
            let future = covers.iter().filter(|cover| cover.from >= self.earliest(&zone));
            let begins = future.map(|cover| zone.bounds(cover.from).0).min();
            let begins_ms = begins.map_or(i64::MAX, |second| second.saturating_mul(1000));
            expires_at_ms = expires_at_ms.min(begins_ms);
        }
        let invitation = Invitation {
            federation: self.federation.clone(),
            parent: self.node.clone(),
            node: wish.node.clone(),
            id: hex::encode(bytes::<8>(&*self.random)),
            secret,
            authority: Digest(self.authority.key_digest()),
            expires_at_ms,
        };
        let covers = covers.iter().map(|cover| KeptCover {
            territory: cover.territory.to_string(),
            source: cover.source.as_ref().map(ToString::to_string),
            from: cover.from.to_string(),
        });
        let kept = KeptInvitation {
            id: invitation.id.clone(),
            secret_sha256: Digest::of(&secret).to_string(),
            node: wish.node.to_string(),
            zone: zone.to_string(),
            covers: covers.collect(),
            expires_at_ms,
            used_by: None,
        };
        self.invitations().add(kept, now.as_millisecond())?;
        Ok(invitation)
    }

    /// The first day from which this parent may give a cover to a node of a zone: any, or tomorrow there.
    pub fn earliest(&self, zone: &Zone) -> Day {
        match self.bounds() {
            None => first_day(),
            Some(_) => zone.day_of(self.clock.now().as_second()).next(),
        }
    }

    /// Territories and sources exist and nobody else has them; what comes out is the member's zone.
    fn check(&self, wish: &InviteWish, covers: &[Cover]) -> Result<Zone, InviteError> {
        let federation = held(&self.ledger)
            .current_dictionary()
            .ok_or(InviteError::NoDictionary)?
            .1;
        are_known(&federation, covers)?;
        let first = covers.first().ok_or(InviteError::NoTerritory)?;
        let zone = wish
            .zone
            .clone()
            .or_else(|| federation.tree().zone(&first.territory, first.from).cloned())
            .ok_or_else(|| InviteError::NoZone(first.territory.clone()))?;
        self.may_give(&held(&self.ledger), federation.tree(), &zone, covers)?;
        let open = self.invitations().outstanding(self.clock.now().as_millisecond());
        let members: Vec<Member> = self.children().into_iter().chain(open).collect();
        match taken(&federation, &members, &wish.node, covers) {
            Some((territory, node)) => Err(InviteError::Taken { territory, node }),
            None => Ok(zone),
        }
    }

    /// Whether a sheet of this node's own has a cell of a cover.
    fn has_counted(&self, ledger: &Ledger, tree: &Tree, cover: &Cover) -> Result<bool, LedgerError> {
        let Some((_, federation)) = ledger.current_dictionary() else {
            return Ok(false);
        };
        let dictionary = federation.dictionary();
        let is_of = |key: &CellKey, day: Day| {
            let Some(set) = dictionary.set(&key.set) else {
                return true;
            };
            let value = |dimension| set.position(dimension).and_then(|at| key.values.get(at));
            let territory = value(Dimension::Territory);
            let source = value(Dimension::Source);
            territory.is_none_or(|code| tree.is_within(code, &cover.territory, day))
                && (cover.source.is_none() || source.is_none() || cover.source.as_ref() == source)
        };
        let own = ledger
            .sheets()
            .filter(|sheet| sheet.node == self.node && sheet.period.last() >= cover.from);
        for sheet in own {
            let day = sheet.period.last();
            let body = ledger.sheet_body(sheet.position)?;
            if body.is_some_and(|body| body.cells.keys().any(|key| is_of(key, day))) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether covers are this parent's to give to a node of a zone.
    pub(super) fn may_give(
        &self,
        ledger: &Ledger,
        tree: &Tree,
        zone: &Zone,
        covers: &[Cover],
    ) -> Result<(), InviteError> {
        let Some(own) = self.bounds() else { return Ok(()) };
        let earliest = self.earliest(zone);
        for cover in covers {
            let outside = || InviteError::OutsideScope(cover.territory.clone());
            if own.iter().any(|own| own.territory == cover.territory) {
                return Err(outside());
            }
            if !ledger::lies_inside(tree, std::slice::from_ref(cover), &own) {
                return Err(outside());
            }
            if cover.from < earliest && self.has_counted(ledger, tree, cover)? {
                let day = cover.from;
                return Err(InviteError::NotFuture { day, earliest });
            }
        }
        Ok(())
    }
}

/// Whether the tree and the dictionary have everything that covers name.
pub(super) fn are_known(federation: &Federation, covers: &[Cover]) -> Result<(), InviteError> {
    for cover in covers {
        if federation.tree().unit(&cover.territory).is_none() {
            return Err(InviteError::UnknownTerritory(cover.territory.clone()));
        }
        if let Some(source) = &cover.source
            && federation.dictionary().lists().sources.entry(source).is_none()
        {
            return Err(InviteError::UnknownSource(source.clone()));
        }
    }
    Ok(())
}

/// First day of daily sheets unless the membership says otherwise.
pub(super) fn first_day() -> Day {
    Day::ymd(2000, 1, 1).expect("2000-01-01 is in the calendar")
}

/// A cover without an end.
pub(super) fn cover(territory: Code, source: Option<Code>, from: Day) -> Cover {
    Cover {
        territory,
        source,
        from,
        until: None,
        daily_from: first_day(),
    }
}

/// Whether some incident could belong to both covers.
pub(super) fn overlap(tree: &Tree, one: &Cover, other: &Cover) -> bool {
    one.until.is_none_or(|until| other.from < until)
        && other.until.is_none_or(|until| one.from < until)
        && (one.source.is_none() || other.source.is_none() || one.source == other.source)
        && (tree.is_within(&one.territory, &other.territory, one.from)
            || tree.is_within(&other.territory, &one.territory, one.from))
}

/// The territory of `covers` that another of `members` answers for already, and who it is: two of them would count twice.
pub(super) fn taken(
    federation: &Federation,
    members: &[Member],
    node: &NodeId,
    covers: &[Cover],
) -> Option<(Code, NodeId)> {
    let others = || members.iter().filter(|member| member.node != *node);
    covers.iter().find_map(|wanted| {
        let overlaps = |theirs: &Cover| overlap(federation.tree(), wanted, theirs);
        let holder = others().find(|member| member.covers.iter().any(overlaps))?;
        Some((wanted.territory.clone(), holder.node.clone()))
    })
}
