//! The sheets behind a figure: what the fold says of its parts, with where their statements stand in the ledger.
//!
//! Joins the two and knows neither how a figure is folded nor how an explanation is written.

use domain::NodeId;
use domain::federation::Federation;
use federation::{SharedLedger, held};
use ledger::{Ledger, LedgerError, NotCounting, Trail, Uncounted};
use report::AsOf;
use report::explain::{Explanation, LeftOut, Stands, Why};
use rollup::explain::{self, Explained};

/// Writes down a figure that was taken apart. Entries stand for ever, so the ledger is held for one look at a time.
pub fn explanation(
    federation: &Federation,
    ledger: &SharedLedger,
    (as_of, explained): (AsOf, &Explained),
) -> Result<Explanation, LedgerError> {
    let left_out = {
        let ledger = held(ledger);
        let mut nodes = explained.nodes.clone();
        nodes.extend(revoked(federation, &ledger, explained));
        let uncounted = ledger.uncounted(&nodes, explained.period)?;
        let unfolded = explained.left_out.iter().map(|sheet| unfolded(&ledger, sheet));
        let uncounted = uncounted.into_iter().map(|sheet| Ok(not_counting(sheet)));
        uncounted.chain(unfolded).collect::<Result<_, LedgerError>>()?
    };
    let stands = |part: &explain::Contribution| {
        let trail = held(ledger).trail_of(&part.node, part.period, part.revision)?;
        Ok(stands(&trail))
    };
    Explanation::build(federation, explained, as_of, stands, left_out)
}

/// Members whose keys were taken back, of those that answered for anything in or around the territory.
fn revoked<'a>(
    federation: &'a Federation,
    ledger: &'a Ledger,
    explained: &'a Explained,
) -> impl Iterator<Item = NodeId> + 'a {
    let (tree, scope) = (federation.tree(), &explained.scope);
    let day = explained.period.last();
    let gone = ledger.all_members().filter(|member| member.revoked.is_some());
    let near = gone.filter(move |member| {
        let mut covers = member.membership.covers.iter().map(|cover| &cover.territory);
        covers.any(|territory| tree.is_within(territory, scope, day) || tree.is_within(scope, territory, day))
    });
    near.map(|member| member.membership.member.clone())
}

fn stands(trail: &Trail) -> Stands {
    Stands {
        position: trail.position,
        statement: trail.statement.to_string(),
        body: trail.body.to_string(),
        signer: trail.signer.to_string(),
        delivered_by: trail.delivered_by.iter().map(NodeId::to_string).collect(),
        delivered_position: trail.delivered_position,
        received_at_ms: trail.received_at_ms,
    }
}

/// A sheet in force without a part. The reason of a withdrawal stands in the sheet itself.
fn unfolded(ledger: &Ledger, sheet: &explain::LeftOut) -> Result<LeftOut, LedgerError> {
    let trail = ledger.trail_of(&sheet.node, sheet.period, sheet.revision)?;
    let in_force = ledger.sheet(&sheet.node, sheet.period);
    let same = in_force.filter(|in_force| in_force.facts.revision == sheet.revision);
    Ok(LeftOut {
        node: sheet.node.clone(),
        period: sheet.period,
        revision: sheet.revision,
        position: Some(trail.position),
        statement: trail.statement.to_string(),
        why: sheet.why.into(),
        reason: same.and_then(|sheet| sheet.facts.withdrawn.clone()),
    })
}

fn not_counting(sheet: Uncounted) -> LeftOut {
    let (why, reason) = match sheet.why {
        NotCounting::Superseded => (Why::Superseded, None),
        NotCounting::Void => (Why::Void, None),
        NotCounting::Refused(reason) => (Why::Refused, Some(reason)),
        NotCounting::BodyMissing => (Why::BodyMissing, None),
        NotCounting::Revoked(reason) => (Why::Revoked, Some(reason)),
    };
    LeftOut {
        node: sheet.node,
        period: sheet.period,
        revision: sheet.revision,
        position: sheet.position,
        statement: sheet.statement.to_string(),
        why,
        reason,
    }
}
