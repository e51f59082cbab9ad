//! The bank's policy against the bank's conversations: what is ordinary is declared, what is hostile is as the story says.

use bartizan_stories::bank::{self, NAMED, Zone};
use bartizan_stories::conversation::{Conversation, Manner};
use bartizan_stories::ordinary::{Day, conversations};
use bartizan_stories::{STORIES, Scene, Story};
use model::flow::Direction;
use model::verdict::{Outcome, Verdict};
use model::{Severity, Time, mapped};
use policy::{Judgement, Policy, Seen};

fn bank_policy() -> Policy {
    let policy = Policy::read(bank::POLICY).expect("the bank's policy has no errors");
    assert!(policy.warnings().is_empty(), "{:?}", policy.warnings());
    policy
}

fn judge<'p>(policy: &'p Policy, talk: &Conversation) -> Judgement<'p> {
    let outcome = match talk.manner {
        Manner::Ignored | Manner::Refused => Outcome::Blocked,
        Manner::Closed(_) | Manner::Probed | Manner::Datagrams => Outcome::Established,
    };
    policy.judge(&Seen {
        src_ip: mapped(talk.src.ip.into()),
        dst_ip: mapped(talk.dst.ip.into()),
        src_port: talk.src_port,
        dst_port: talk.dst_port,
        ip_protocol: talk.ip_protocol(),
        direction: Direction::Syn,
        outcome,
        app: talk.spoken.app,
        app_conf: 4,
        time: talk.start,
    })
}

#[test]
fn hosts_of_the_stories_are_where_the_policy_says() {
    let policy = bank_policy();
    for host in NAMED {
        let at = STORIES[0].t0();
        let resolved = policy.resolve(mapped(host.ip.into()), at);
        assert_eq!((resolved.host, resolved.zone), (Some(host.name), Zone::of(host.ip).id()));
    }
    let hostile = policy.resolve(mapped(bank::HOSTILE.ip.into()), STORIES[0].t0());
    assert_eq!((hostile.zone, hostile.criticality, hostile.host), ("internet", 0, None));
}

#[test]
fn ordinary_business_is_declared_on_every_day_of_a_week() {
    let policy = bank_policy();
    for story in STORIES {
        for number in 0..7 {
            let start = story.t0().floor(Time::DAY).plus(-number * Time::DAY);
            let all = conversations(Day { start, seed: 5 });
            assert!(all.len() > 8_000, "{} conversations", all.len());
            for talk in &all {
                let judgement = judge(&policy, talk);
                assert_eq!(
                    judgement.verdict,
                    Verdict::Ok,
                    "{:?} {:?} {}",
                    talk.src,
                    talk.dst,
                    talk.dst_port
                );
                assert!(talk.role.is_empty());
            }
        }
    }
}

#[test]
fn the_sweep_is_the_work_of_a_listed_scanner() {
    let policy = bank_policy();
    let at = STORIES[0].t0();
    assert!(policy.in_group("scanners", mapped(bank::SCANNER_1.ip.into()), at));
    assert!(!policy.in_group("scanners", mapped(bank::PC_117.ip.into()), at));
}

fn scene(story: &Story) -> Scene {
    Scene { t0: story.t0(), seed: 5 }
}

/// What stories.md says of S1: who is undeclared, and who is not.
#[test]
fn the_way_in_of_s1_is_judged_as_the_story_says() {
    let policy = bank_policy();
    let story = Story::named("S1").expect("S1");
    let happens = (story.happens)(&scene(story));
    let verdicts = |src: &str, dst: &str, port: u16| -> Vec<(Verdict, Severity)> {
        happens
            .iter()
            .filter(|talk| (talk.src.name, talk.dst.name, talk.dst_port) == (src, dst, port))
            .map(|talk| judge(&policy, talk))
            .map(|judgement| (judgement.verdict, judgement.severity))
            .collect()
    };
    let undeclared = (Verdict::Undeclared, Severity::P3);
    assert!(verdicts("pc-117", "", 443).len() > 40);
    assert!(verdicts("pc-117", "", 443).iter().all(|verdict| *verdict == undeclared));
    assert_eq!(verdicts("pc-117", "op-1", 3_389), [undeclared]);
    assert_eq!(verdicts("op-1", "saa-1", 445), [undeclared]);
    assert_eq!(verdicts("op-1", "jump-1", 22), [(Verdict::Ok, Severity::P0)]);
    assert_eq!(verdicts("jump-1", "saa-1", 443), [(Verdict::Ok, Severity::P0)]);
}

/// stories.md: every 600 s ± 20 %, 2.1 kB out, 0.9 kB in, from minute 0.
#[test]
fn the_beacon_of_s1_keeps_its_period_and_its_sizes() {
    let story = Story::named("S1").expect("S1");
    let happens = (story.happens)(&scene(story));
    let calls: Vec<&Conversation> = happens.iter().filter(|talk| talk.role == "beacon").collect();
    assert!(calls[0].start.since(story.t0()) < Time::MINUTE);
    for pair in calls.windows(2) {
        let gap = pair[1].start.since(pair[0].start) / Time::SECOND;
        assert!((480..=720).contains(&gap), "{gap} s");
    }
    for call in &calls {
        let mut payload = [0; 2];
        call.play(&mut |segment| payload[segment.side.index()] += segment.payload.len());
        assert!((2_050..2_150).contains(&payload[0]), "{payload:?}");
        assert!((870..930).contains(&payload[1]), "{payload:?}");
    }
}

/// stories.md: the three hops start five minutes apart and overlap for 25 minutes; 300 kB to port 445.
#[test]
fn the_hops_of_s1_overlap_and_the_door_moves_300_kb() {
    let story = Story::named("S1").expect("S1");
    let happens = (story.happens)(&scene(story));
    let span = |talk: &&Conversation| {
        let mut last = talk.start;
        talk.play(&mut |segment| last = last.max(segment.time));
        (talk.start.since(story.t0()) / Time::MINUTE, last.since(story.t0()) / Time::MINUTE)
    };
    let hops: Vec<(i64, i64)> =
        happens.iter().filter(|talk| talk.role == "way in").map(|talk| span(&talk)).collect();
    assert_eq!(hops.iter().map(|hop| hop.0).collect::<Vec<_>>(), [300, 305, 310]);
    assert!(hops.iter().all(|hop| (335..=345).contains(&hop.1)), "{hops:?}");
    let door = happens.iter().find(|talk| talk.role == "door").expect("the door");
    assert_eq!(span(&door).0, 330);
    let mut out = 0;
    door.play(&mut |segment| {
        out += if segment.side.index() == 0 { segment.payload.len() } else { 0 }
    });
    assert!((300_000..303_000).contains(&out), "{out}");
}

#[test]
fn the_hostile_server_of_s1_was_never_seen_before() {
    let story = Story::named("S1").expect("S1");
    let first = story.t0().floor(Time::DAY).plus(-story.days_before * Time::DAY);
    for number in 0..=story.days_before {
        let day = Day { start: first.plus(number * Time::DAY), seed: 1 };
        assert!(conversations(day).iter().all(|talk| talk.dst.ip != bank::HOSTILE.ip));
    }
}
