//! The Search screen: how far the search is, how its front grows, what it varies, what happened.
//!
//! ```text
//! ┌ Search ──────────────────────────────────────────────────────────┐
//! │ generation 12   480 evaluations   31/s   known 12 %   front 23   │
//! └──────────────────────────────────────────────────────────────────┘
//! ┌ Hypervolume over evaluations ──┐┌ Accuracy % over latency ms ────┐
//! └────────────────────────────────┘└────────────────────────────────┘
//! ┌ What the front is made of ─────┐┌ Events ────────────────────────┐
//! └────────────────────────────────┘└────────────────────────────────┘
//! ```

use std::collections::BTreeMap;

use ratatui::{buffer::Buffer, layout::Rect, widgets::Widget};

use super::{View, chrome, scatter, train};
use crate::{
    explore::{PointClass, Session, progress::State},
    tui::{
        hit::HitMap,
        text,
        widget::{Axis, Curve, Scale, Series},
    },
};

/// Draws the screen.
pub fn draw(view: View<'_>, area: Rect, buf: &mut Buffer, hits: &mut HitMap) {
    let searching = view.session.searching();
    if searching.state == State::Idle && searching.generations.is_empty() && searching.notes.is_empty() {
        return nothing(view, area, buf);
    }
    let top = Rect { height: 4.min(area.height), ..area };
    summary(view, top, buf);
    let rest = Rect { y: top.bottom(), height: area.height - top.height, ..area };
    let upper = Rect { height: (rest.height * 60 / 100).max(6).min(rest.height), ..rest };
    let lower = Rect { y: upper.bottom(), height: rest.height - upper.height, ..rest };
    let half = |area: Rect| {
        let left = Rect { width: area.width / 2, ..area };
        (left, Rect { x: left.right(), width: area.width - left.width, ..area })
    };
    let (left, right) = half(upper);
    hypervolume(view, left, buf);
    scatter::draw(view, right, buf, hits);
    let (left, right) = half(lower);
    front(view, left, buf);
    train::notes(view, right, &searching.notes, buf);
}

fn nothing(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let View { session, theme, .. } = view;
    let inner = chrome::pane(buf, area, ("Search", ""), false, theme);
    let trained = session.training().last.step > 0 || !session.measurements().is_empty();
    let first = if trained {
        "S   searches the trained supernet for designs under the present limits."
    } else {
        "A search needs a trained run. T trains one; then S searches it."
    };
    let lines = [
        (first, theme.text),
        ("    It measures designs one by one; they appear in scatter and table as they come.", theme.dim),
        ("    Limits may be moved while it runs: W tells them to it.", theme.dim),
    ];
    for (index, (text, style)) in lines.iter().enumerate() {
        let row = chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX) + 1);
        chrome::line(buf, row, &[("  ", *style), (text, *style)], theme);
    }
}

fn summary(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let View { session, theme, .. } = view;
    let searching = session.searching();
    let inner = chrome::pane(buf, area, ("Search", &searching.state.to_string()), false, theme);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let last = searching.last();
    let figures = [
        ("generation ", format!("{:<5}", last.generation)),
        ("evaluations ", format!("{:<7}", text::thousands(last.evaluations))),
        ("rate ", format!("{:<7}", format!("{}/s", text::figure(searching.rate())))),
        ("known ", format!("{:<6}", format!("{:.0} %", searching.cache_share() * 100.0))),
        ("front ", format!("{:<5}", last.front)),
        ("", text::duration(last.seconds)),
    ];
    let pieces: Vec<_> =
        figures.iter().flat_map(|(word, figure)| [(*word, theme.dim), (figure.as_str(), theme.text)]).collect();
    chrome::line(buf, chrome::row(inner, 0), &pieces, theme);
    let limits: String = match (session.limits_moved(), searching.state.is_active()) {
        (true, true) => "The limits have moved since the search was told them: W tells it the present ones.".to_owned(),
        _ => best(session),
    };
    let style = if session.limits_moved() { theme.warn } else { theme.text };
    chrome::line(buf, chrome::row(inner, 1), &[(&limits, style)], theme);
}

/// The best design found, in a sentence.
fn best(session: &Session) -> String {
    let found = session.ranking().first().and_then(|id| session.row(*id));
    match found.and_then(|row| Some((row.accuracy.measured()?, row))) {
        Some((accuracy, row)) if row.evaluation.feasible() => format!(
            "best: #{} {} % at {} ms, split {}, {} designs measured",
            row.id,
            text::percent(accuracy),
            text::milliseconds(row.evaluation.latency.total_s()),
            row.split_name,
            text::thousands(session.measurements().len() as u64)
        ),
        _ => "no measured design meets the limits yet".to_owned(),
    }
}

fn hypervolume(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let View { session, theme, ui } = view;
    let searching = session.searching();
    let points: Vec<(f64, f64)> = searching.hypervolume().collect();
    let gained = match points.as_slice() {
        [.., (_, before), (_, last)] => format!("{} ({:+.3})", text::figure(*last), last - before),
        [(_, last)] => text::figure(*last),
        [] => String::new(),
    };
    let inner = chrome::pane(buf, area, ("Hypervolume over evaluations", &gained), false, theme);
    if points.is_empty() {
        chrome::line(buf, chrome::row(inner, 0), &[(" known after the first generation", theme.dim)], theme);
        return;
    }
    let series = [Series { points: &points, style: theme.series[0], ..Series::default() }];
    let last = points.last().map_or(1.0, |point| point.0);
    let (start, end) = ui.curves.window(last.max(1.0));
    let y = Axis::fit(points.iter().map(|point| point.1).chain([0.0]), Scale::Linear).padded(0.03);
    let curve = Curve::new(&series, Axis::new(start, end, Scale::Linear), y);
    (&curve.styles(theme.curve()).glyphs(theme.glyphs)).render(inner, buf);
}

/// How the designs of the front are split, fused and sent: shares of the front as small bars.
fn front(view: View<'_>, area: Rect, buf: &mut Buffer) {
    let View { session, theme, .. } = view;
    let rows: Vec<_> = session
        .points()
        .filter(|point| point.class == PointClass::Front)
        .filter_map(|point| session.row(point.candidate))
        .collect();
    let title = format!("What the front is made of ({})", rows.len());
    let inner = chrome::pane(buf, area, (&title, "share of its designs"), false, theme);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let count = |name: &dyn Fn(&crate::explore::Row<'_>) -> (u32, String)| {
        let mut shares: BTreeMap<(u32, String), usize> = BTreeMap::new();
        for row in &rows {
            *shares.entry(name(row)).or_default() += 1;
        }
        shares
    };
    let genes = [
        ("split", count(&|row| (row.split.into(), row.split_name.to_owned()))),
        ("fuse", count(&|row| (row.fusion.into(), row.fusion_name.to_owned()))),
        ("ratio", count(&|row| (row.candidate.sending.ratio.into(), row.candidate.sending.ratio.to_string()))),
        ("bits", count(&|row| (row.candidate.sending.bits.into(), row.candidate.sending.bits.to_string()))),
    ];
    for (index, (gene, shares)) in genes.iter().enumerate() {
        let row = chrome::row(inner, u16::try_from(index).unwrap_or(u16::MAX));
        let bar = |((_, name), count): (&(u32, String), &usize)| {
            let share = *count as f64 / rows.len().max(1) as f64;
            format!("{name} {} {:<3.0}", theme.glyphs.level(share), share * 100.0)
        };
        let bars = shares.iter().map(bar).collect::<Vec<_>>().join(" ");
        chrome::line(buf, row, &[(&format!("{gene:<7}"), theme.dim), (&bars, theme.text)], theme);
    }
}
