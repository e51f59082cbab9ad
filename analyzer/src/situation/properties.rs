//! What an index promises, over many thousands of made-up moments: bounded, monotone, order-free, decomposable, and never
//! calm for want of sight.

use super::blind;
use super::facts::{End, Episode};
use super::fixed::{Threat, WHOLE};
use super::index::{Loss, Losses, Map, Scope, Zone, drivers};
use super::level::{Now, Past, Rules};
use super::rows::hundredths;
use config::settings::Levels;
use model::{Level, Severity, Time};
use proptest::prelude::*;
use proptest::sample::Index as Pick;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

const CASES: u32 = 10_000;

/// Zones, each with two services and a site by turns.
fn map(criticalities: &[u8]) -> Map {
    let zone = |(at, criticality): (usize, &u8)| Zone {
        id: format!("zone-{at}").into(),
        criticality: *criticality,
        crown: *criticality,
        business: vec![format!("service-{}", at % 2)],
        site: format!("site-{}", at % 3),
    };
    let zones = criticalities.iter().enumerate().map(zone).collect();
    Map { institution: "Example Bank".into(), zones }
}

fn maps() -> impl Strategy<Value = Map> {
    prop::collection::vec(1u8..=10, 1..8).prop_map(|criticalities| map(&criticalities))
}

/// An episode between two hosts of the map; its zone is the more critical one's, as warnings have it.
fn episode(map: &Map, draft: &Draft) -> Episode {
    let end = |(zone, host): &(Pick, u8)| {
        let zone = &map.zones[zone.index(map.zones.len())];
        let name = format!("{}-host-{host}", zone.id).into();
        End { name, zone: zone.id.clone(), criticality: zone.criticality }
    };
    let (subject, object) = (end(&draft.subject), end(&draft.object));
    let worst = if object.criticality > subject.criticality { &object } else { &subject };
    Episode {
        detection: format!("DET-{}", draft.detection).into(),
        subject: subject.name.clone(),
        object: object.name.clone(),
        zone: worst.zone.clone(),
        severity: draft.severity,
        threat: Threat::of(draft.count, draft.severity as u32, draft.score),
        seen: Time(0),
        ends: vec![subject, object],
        warnings: BTreeSet::new(),
        confirmed: None,
    }
}

#[derive(Debug, Clone)]
struct Draft {
    detection: u8,
    subject: (Pick, u8),
    object: (Pick, u8),
    severity: Severity,
    count: u64,
    score: u16,
}

fn drafts(how_many: RangeInclusive<usize>) -> impl Strategy<Value = Vec<Draft>> {
    let severity = prop::sample::select(&Severity::ALL[1..]);
    let host = || (any::<Pick>(), 0u8..3);
    let draft = (0u8..5, host(), host(), severity, 1u64..(1 << 40), 5_000u16..=10_000);
    let draft = draft.prop_map(|(detection, subject, object, severity, count, score)| Draft {
        detection,
        subject,
        object,
        severity,
        count,
        score,
    });
    prop::collection::vec(draft, how_many)
}

fn moments(most: usize) -> impl Strategy<Value = (Map, Vec<Episode>)> {
    (maps(), drafts(0..=most)).prop_map(|(map, drafts)| {
        let episodes = drafts.iter().map(|draft| episode(&map, draft)).collect();
        (map, episodes)
    })
}

/// What each zone lost: nothing, a part, or all.
fn losses(map: &Map, lost: &[u64]) -> Losses {
    let loss = |(at, zone): (usize, &Zone)| {
        let lost = lost[at % lost.len()].min(WHOLE);
        (zone.id.clone(), Loss { lost, is_unwatched: false })
    };
    map.zones.iter().enumerate().map(loss).collect()
}

fn all(episodes: &[Episode]) -> Vec<&Episode> {
    episodes.iter().collect()
}

/// The scopes of a map, and every entity.
fn scopes(map: &Map, episodes: &[Episode]) -> Vec<Scope> {
    let ends = episodes.iter().flat_map(|episode| &episode.ends);
    let entities: BTreeSet<Scope> = ends
        .map(|end| Scope { kind: model::situation::ScopeKind::Entity, name: end.name.clone() })
        .collect();
    map.scopes().into_iter().chain(entities).collect()
}

fn index(map: &Map, scope: &Scope, episodes: &[&Episode]) -> u64 {
    map.index(scope, episodes, &Losses::new()).index
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(CASES) })]

    #[test]
    fn an_index_is_between_0_and_100_and_its_interval_is_no_backward_one(
        (map, episodes) in moments(12), lost in prop::collection::vec(0..=WHOLE, 1..4),
    ) {
        let losses = losses(&map, &lost);
        for scope in scopes(&map, &episodes) {
            let told = map.index(&scope, &all(&episodes), &losses);
            prop_assert!(told.index <= told.if_blind && told.if_blind <= WHOLE, "{scope:?} {told:?}");
            prop_assert!(told.threat <= WHOLE && told.coverage <= WHOLE, "{scope:?} {told:?}");
        }
    }

    #[test]
    fn more_evidence_never_lowers_an_index((map, episodes) in moments(10), cut in any::<Pick>()) {
        let fewer = &episodes[..cut.index(episodes.len() + 1)];
        for scope in scopes(&map, &episodes) {
            prop_assert!(index(&map, &scope, &all(fewer)) <= index(&map, &scope, &all(&episodes)), "{scope:?}");
        }
    }

    #[test]
    fn a_worse_severity_a_surer_score_or_another_sighting_never_lowers_an_index(
        (map, drafts) in (maps(), drafts(1..=8)), which in any::<Pick>(), what in 0u8..3,
    ) {
        let mut worse = drafts.clone();
        let one = &mut worse[which.index(drafts.len())];
        match what {
            0 => one.severity = Severity::P4,
            1 => one.score = 10_000,
            _ => one.count += 1 << 32,
        }
        let of = |drafts: &[Draft]| drafts.iter().map(|draft| episode(&map, draft)).collect::<Vec<_>>();
        let (before, after) = (of(&drafts), of(&worse));
        for scope in scopes(&map, &before) {
            prop_assert!(index(&map, &scope, &all(&before)) <= index(&map, &scope, &all(&after)), "{scope:?}");
        }
    }

    #[test]
    fn the_order_of_episodes_changes_nothing((map, episodes) in moments(10), mix in any::<u64>()) {
        let mut mixed = all(&episodes);
        let mut state = mix;
        for at in (1..mixed.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            mixed.swap(at, (state >> 33) as usize % (at + 1));
        }
        let lost = losses(&map, &[mix % (WHOLE + 1)]);
        for scope in scopes(&map, &episodes) {
            prop_assert_eq!(map.index(&scope, &all(&episodes), &lost), map.index(&scope, &mixed, &lost));
        }
    }

    #[test]
    fn leaving_one_out_never_raises_an_index_and_up_to_five_drivers_are_all_of_it((map, episodes) in moments(5)) {
        for scope in scopes(&map, &episodes) {
            let of = |some: &[&Episode]| index(&map, &scope, some);
            let whole = of(&all(&episodes));
            for out in 0..episodes.len() {
                let rest: Vec<_> = episodes.iter().enumerate().filter(|(at, _)| *at != out).map(|(_, one)| one).collect();
                prop_assert!(of(&rest) <= whole, "{scope:?}");
            }
            let driven = drivers(&all(&episodes), of);
            let explained: u64 = driven.iter().map(|driven| driven.points).sum();
            prop_assert_eq!(explained, whole, "{:?}", scope);
        }
    }

    #[test]
    fn five_drivers_of_many_explain_what_the_five_alone_would_be((map, episodes) in moments(20)) {
        for scope in scopes(&map, &episodes) {
            let of = |some: &[&Episode]| index(&map, &scope, some);
            let driven = drivers(&all(&episodes), of);
            prop_assert!(driven.len() <= 5);
            let five: Vec<_> = driven.iter().map(|driven| &episodes[driven.episode]).collect();
            let explained: u64 = driven.iter().map(|driven| driven.points).sum();
            prop_assert_eq!(explained, of(&five));
            if let Some(first) = driven.first() {
                prop_assert!(episodes.iter().all(|one| of(&[one]) <= first.points), "the strongest comes first");
            }
        }
    }

    #[test]
    fn a_wider_loss_of_sight_never_lowers_what_may_be_hidden(
        (map, episodes) in moments(8), lost in prop::collection::vec(0..=WHOLE, 1..4), more in 0..=WHOLE,
    ) {
        let wider: Vec<u64> = lost.iter().map(|lost| (lost + more).min(WHOLE)).collect();
        let (before, after) = (losses(&map, &lost), losses(&map, &wider));
        for scope in scopes(&map, &episodes) {
            let hidden = |losses| map.index(&scope, &all(&episodes), losses).if_blind;
            prop_assert!(hidden(&before) <= hidden(&after), "{scope:?}");
        }
    }

    #[test]
    fn a_tap_that_sees_less_never_makes_a_zone_lose_less(
        shares in prop::collection::vec(0..=WHOLE, 1..6), blind in prop::collection::vec(0..=WHOLE, 6), more in 0..=WHOLE,
    ) {
        let tap = |at: usize| Arc::<str>::from(format!("tap-{at}"));
        let taps: Vec<_> = shares.iter().enumerate().map(|(at, share)| (tap(at), *share)).collect();
        let of = |more: u64| -> BTreeMap<_, _> {
            blind.iter().enumerate().map(|(at, blind)| (tap(at), (blind + more).min(WHOLE))).collect()
        };
        let (less, wider) = (blind::lost(&taps, &of(0)), blind::lost(&taps, &of(more)));
        prop_assert!(less <= wider && wider <= WHOLE);
    }

    #[test]
    fn what_no_tap_sees_is_never_calm(criticality in 3u8..=10, (_, episodes) in moments(0)) {
        let map = map(&[criticality]);
        let lost = losses(&map, &[WHOLE]);
        for scope in map.scopes() {
            let told = map.index(&scope, &all(&episodes), &lost);
            let points = |millionths| hundredths(millionths) as f64 / 100.0;
            prop_assert!(told.index == 0 && points(told.if_blind) >= 20.0, "{scope:?} {told:?}");
        }
    }

    #[test]
    fn a_gate_outranks_the_index_and_a_level_is_left_only_by_its_rule(
        quiet in 1usize..1_000, criticality in 9u8..=10, before in prop::sample::select(Level::ALL),
    ) {
        let rules = Rules::of(&Levels::default());
        let map = map(&[criticality]);
        let zones: Vec<_> = map.zones.iter().collect();
        let at = Time(1_000_000 * Time::MINUTE);
        let past = Past { level: before, below_ii: Time(0), below_i: Time(0) };
        let indices = vec![0; quiet];
        let end = End { name: "saa-1".into(), zone: map.zones[0].id.clone(), criticality };
        let rang = Episode {
            detection: "FIN-01".into(),
            subject: "op-1".into(),
            object: "saa-1".into(),
            zone: end.zone.clone(),
            severity: Severity::P4,
            threat: Threat::of(1 << 32, 4, 9_900),
            seen: at,
            ends: vec![end],
            warnings: BTreeSet::new(),
            confirmed: None,
        };
        let now = Now { at, indices: &indices, zones: &zones, episodes: &[rang], released: None };
        let level = rules.standing(&past, &now).level;
        prop_assert!(level != Level::None && level <= Level::II, "a level I warning in a crown zone is II: {level}");
        let calm = Now { episodes: &[], ..now };
        let level = rules.standing(&past, &calm).level;
        match before {
            Level::I | Level::II => prop_assert_eq!(level, before, "by hand alone"),
            _ if quiet >= 720 => prop_assert_eq!(level, Level::None),
            _ => prop_assert!(level == Level::None || level >= before),
        }
        let released = Now { released: Some(at), indices: &[0; 720], ..calm };
        prop_assert_eq!(rules.standing(&past, &released).level, Level::None);
    }
}

/// A zone through the minutes: its index at each, and what a person did when.
fn walked(indices: &[u64], released: Option<usize>) -> Vec<Level> {
    let rules = Rules::of(&Levels::default());
    let map = map(&[10]);
    let zones: Vec<_> = map.zones.iter().collect();
    let mut past = Past::default();
    let minute = |at: usize| Time((at as i64 + 1) * Time::MINUTE);
    let mut levels = Vec::new();
    for at in 0..indices.len() {
        let released = released.filter(|when| *when <= at).map(minute);
        let known = &indices[..=at];
        let now = Now { at: minute(at), indices: known, zones: &zones, episodes: &[], released };
        let level = rules.standing(&past, &now).level;
        past = past.and(level, minute(at));
        levels.push(level);
    }
    levels
}

fn points(parts: &[(u64, usize)]) -> Vec<u64> {
    parts.iter().flat_map(|(points, minutes)| vec![points * 10_000; *minutes]).collect()
}

fn first(levels: &[Level], level: Level) -> Option<usize> {
    levels.iter().position(|one| *one == level)
}

/// finance.md 5.3, row by row.
#[test]
fn levels_are_entered_and_left_as_the_table_of_the_design_says() {
    let blue = walked(&points(&[(20, 14), (0, 5)]), None);
    assert_eq!(first(&blue, Level::IV), None, "14 minutes are not enough");
    let blue = walked(&points(&[(20, 15), (14, 119), (14, 2)]), None);
    assert_eq!((first(&blue, Level::IV), blue[133], blue[134]), (Some(14), Level::IV, Level::None));
    let hovers = walked(&points(&[(20, 15), (15, 600)]), None);
    assert_eq!(hovers.last(), Some(&Level::IV), "15 is not below 15");

    let yellow = walked(&points(&[(40, 1), (29, 239), (29, 1)]), None);
    assert_eq!((yellow[0], yellow[239], yellow[240]), (Level::III, Level::III, Level::IV));
    let yellow = walked(&points(&[(40, 1), (0, 240)]), None);
    assert_eq!((yellow[239], yellow[240]), (Level::III, Level::None));

    let orange = walked(&points(&[(65, 1), (0, 2_000)]), None);
    assert_eq!(orange.last(), Some(&Level::II), "by hand alone");
    let orange = walked(&points(&[(65, 1), (0, 2_000)]), Some(100));
    assert_eq!((orange[719], orange[720]), (Level::II, Level::None), "and after 12 h below 50");
    let again = walked(&points(&[(65, 1), (0, 900), (65, 1), (0, 900)]), Some(100));
    assert_eq!(
        (again[901], again.last()),
        (Level::II, Some(&Level::II)),
        "an old hand does not count"
    );

    let red = walked(&points(&[(85, 1), (0, 3_000)]), None);
    assert_eq!(red.last(), Some(&Level::I));
    let red = walked(&points(&[(85, 1), (49, 3_000)]), Some(30));
    assert_eq!((red[29], red[30], red[720]), (Level::I, Level::II, Level::III));
}
