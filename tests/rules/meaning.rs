//! What conditions mean, by the table of the rule author's guide: each on a row of its own, on the real engine.

use bartizan_tests::RunningStore;
use sigma::{Rules, Sets, trial};
use store::{Role, Session};

/// A rule over `detection`, with one case for each of `rows`: `+` must fire, `-` must not.
fn rule(number: usize, logsource: &str, detection: &str, rows: &[&str]) -> String {
    let mut text = format!(
        "title: Meaning {number}\nid: {number:08x}-0000-4000-8000-000000000000\nstatus: test\nlevel: low\n\
         logsource: {logsource}\ndetection: {detection}\nbartizan:\n  cases:\n"
    );
    for row in rows {
        let must = if row.starts_with('+') { "fire" } else { "silent" };
        text.push_str(&format!("    - {{must: {must}, row: {}}}\n", &row[1..]));
    }
    text
}

async fn store() -> Session {
    RunningStore::shared().open("rules_meaning", Role::Owner).await
}

async fn check(logsource: &str, meanings: &[(&str, &[&str])]) {
    let store = store().await;
    let structures = trial::structures(&store).await.expect("the store has tables");
    let mut wrong = Vec::new();
    for (at, (detection, rows)) in meanings.iter().enumerate() {
        let text = rule(at + 1, logsource, detection, rows);
        let rules = Rules::read([("meaning.yml", text.as_str())]);
        assert!(rules.refused.is_empty(), "{detection}: {:?}", rules.refused);
        let mut sets = Sets::default();
        sets.add("Some-Hosts", ["10.0.0.0/30", "192.0.2.7"]);
        let outcome =
            trial::run(&store, &structures, &rules.known[0].1, &[], &sets).await.expect(detection);
        let failed = outcome.faults.iter().filter(|fault| fault.reason.contains("this case"));
        wrong.extend(failed.map(|fault| format!("{detection}: {fault}\n{text}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const HTTP: &str = "{product: bartizan, service: http}";

#[tokio::test(flavor = "multi_thread")]
async fn text_compares_without_case_and_with_wildcards() {
    check(
        HTTP,
        &[
            (
                "{s: {path: /Admin}, condition: s}",
                &["+{path: /aDMIN}", "-{path: /admin/}", "-{path: null}"],
            ),
            ("{s: {path|cased: /Admin}, condition: s}", &["+{path: /Admin}", "-{path: /admin}"]),
            (
                "{s: {host: MÜNCHEN.example}, condition: s}",
                &["+{host: münchen.example}", "-{host: munchen.example}"],
            ),
            (
                "{s: {path: '/a*z'}, condition: s}",
                &["+{path: /a-z}", "+{path: /AZ}", "-{path: /a-z-}"],
            ),
            (
                "{s: {path: '/a?c'}, condition: s}",
                &["+{path: /abc}", "-{path: /ac}", "-{path: /abbc}"],
            ),
            (r"{s: {path: '/a\*c'}, condition: s}", &["+{path: '/a*c'}", "-{path: /abc}"]),
            ("{s: {path: '100%_'}, condition: s}", &["+{path: '100%_'}", "-{path: '100xy'}"]),
            ("{s: {path|contains: 'x%y'}, condition: s}", &["+{path: 'axX%yb'}", "-{path: xzy}"]),
            (
                "{s: {path|startswith: ['/a', '/b']}, condition: s}",
                &["+{path: /B1}", "-{path: x/b}"],
            ),
            (
                "{s: {path|endswith: ['.exe', '.b?t']}, condition: s}",
                &["+{path: x.EXE}", "+{path: x.bat}", "-{path: x.exe.txt}"],
            ),
            (
                "{s: {path|contains|all: ['one', 'two']}, condition: s}",
                &["+{path: two-ONE}", "-{path: one}"],
            ),
            (
                "{s: {path|contains: ['one', 'two', 'three']}, condition: s}",
                &["+{path: xTWOx}", "-{path: four}"],
            ),
            ("{s: {path: '*'}, condition: s}", &["+{path: x}", "-{path: null}"]),
            ("{s: {path: [one, two]}, condition: s}", &["+{path: Two}", "-{path: onetwo}"]),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_absent_equals_nothing_but_null() {
    check(
        HTTP,
        &[
            (
                "{s: {user_agent: null}, condition: s}",
                &["+{user_agent: null}", "+{path: /}", "-{user_agent: x}"],
            ),
            ("{s: {user_agent|exists: true}, condition: s}", &["+{user_agent: x}", "-{path: /}"]),
            ("{s: {user_agent|exists: false}, condition: s}", &["-{user_agent: x}", "+{path: /}"]),
            (
                "{a: {path: /}, s: {user_agent: curl}, condition: a and not s}",
                &["+{path: /}", "+{path: /, user_agent: x}", "-{path: /, user_agent: CURL}"],
            ),
            ("{s: {user_agent|re: '^x*$'}, condition: s}", &["-{path: /}", "+{user_agent: xx}"]),
            (
                "{s: {status|lt: 400}, condition: s}",
                &["+{status: 399}", "-{status: 400}", "-{status: 0}"],
            ),
            (
                "{s: {status: null}, condition: s}",
                &["+{status: 0}", "+{path: /}", "-{status: 200}"],
            ),
            (
                "{s: {status|neq: 200}, condition: s}",
                &["+{status: 404}", "-{status: 200}", "-{status: 0}"],
            ),
            (
                "{s: {user_agent|neq: curl}, condition: s}",
                &["+{user_agent: x}", "-{user_agent: Curl}", "-{path: /}"],
            ),
            (
                "{s: {user_agent: [null, curl]}, condition: s}",
                &["+{path: /}", "+{user_agent: curl}", "-{user_agent: x}"],
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_expressions_and_other_fields_compare_as_they_are() {
    check(
        HTTP,
        &[
            (
                "{s: {status: ['404', 403]}, condition: s}",
                &["+{status: 404}", "+{status: 403}", "-{status: 40}"],
            ),
            (
                "{s: {status|gte: 200, status|lte: 299}, condition: s}",
                &["+{status: 299}", "-{status: 300}", "-{status: 199}"],
            ),
            (
                "{s: {request_bytes|gt: 5000000000}, condition: s}",
                &["+{request_bytes: 5000000001}", "-{request_bytes: 5000000000}"],
            ),
            (
                r"{s: {path|re: '^/[0-9]{3}\.php$'}, condition: s}",
                &["+{path: /123.php}", "-{path: /1234.php}", "-{path: /123.PHP}"],
            ),
            (
                r"{s: {path|re|i: '\.php$'}, condition: s}",
                &["+{path: /123.PHP}", "-{path: /123.phpx}"],
            ),
            ("{s: {path|re: 'a.c'}, condition: s}", &["+{path: abc}", "-{path: \"a\\nc\"}"]),
            (
                "{s: {path|re|s: 'a.c'}, condition: s}",
                &["+{path: \"a\\nc\"}", "-{path: \"a\\n\\nc\"}"],
            ),
            (
                "{s: {host|fieldref: referrer_host}, condition: s}",
                &[
                    "+{host: A.example, referrer_host: a.example}",
                    "-{host: a.example}",
                    "-{host: a, referrer_host: b}",
                ],
            ),
            (
                "{s: {path|contains|fieldref: host}, condition: s}",
                &["+{host: B, path: abc}", "-{host: d, path: abc}", "-{path: abc}"],
            ),
            (
                "{s: {path|base64offset|contains: foo}, condition: s}",
                &["+{path: xZm9v}", "+{path: IGZvbw==}", "-{path: foo}"],
            ),
            ("{s: {path|wide|base64: ab}, condition: s}", &["+{path: YQBiAA==}", "-{path: YWI=}"]),
            (
                "{s: {path|windash|contains: ' -enc '}, condition: s}",
                &["+{path: 'p /ENC x'}", "+{path: 'p –enc x'}", "-{path: 'p enc x'}"],
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_match_by_any_element_and_addresses_by_network() {
    check(
        "{product: zeek, service: dns}",
        &[
            (
                "{s: {answers|contains: evil}, condition: s}",
                &["+{answers: [a, x.EVIL.y]}", "-{answers: [a, b]}", "-{qname: evil}"],
            ),
            (
                "{s: {answers|contains|all: [one, two]}, condition: s}",
                &["+{answers: [one, two]}", "-{answers: [one, three]}"],
            ),
            ("{s: {answers: null}, condition: s}", &["+{qname: x}", "-{answers: [x]}"]),
            (
                "{s: {addresses|cidr: 10.0.0.0/8}, condition: s}",
                &[
                    "+{addresses: [192.0.2.1, 10.9.8.7]}",
                    "-{addresses: [192.0.2.1]}",
                    "-{qname: x}",
                ],
            ),
            (
                "{s: {id.orig_h|cidr: [10.0.0.0/8, '2001:db8::/32']}, condition: s}",
                &[
                    "+{src_ip: 10.255.255.255}",
                    "+{src_ip: '2001:db8::1'}",
                    "-{src_ip: 11.0.0.0}",
                    "-{src_ip: '2001:db9::'}",
                ],
            ),
            (
                "{s: {src_ip: 192.0.2.1}, condition: s}",
                &["+{src_ip: 192.0.2.1}", "-{src_ip: 192.0.2.10}"],
            ),
            (
                "{s: {src_ip|expand: '%some_hosts%'}, condition: s}",
                &["+{src_ip: 10.0.0.3}", "+{src_ip: 192.0.2.7}", "-{src_ip: 10.0.0.4}"],
            ),
            (
                "{s: {rcode_name: NXDOMAIN}, condition: s}",
                &["+{answered: true, rcode: 3}", "-{answered: false, rcode: 3}"],
            ),
            (
                "{s: {rcode: 0}, condition: s}",
                &["+{answered: true, rcode: 0}", "-{answered: false, rcode: 0}"],
            ),
            ("{s: {qtype_name: txt}, condition: s}", &["+{qtype: 16}", "-{qtype: 1}"]),
            (
                "{a: {qname: x}, b_1: {qtype: 1}, b_2: {qtype: 16}, condition: a and 1 of b_*}",
                &[
                    "+{qname: x, qtype: 1}",
                    "+{qname: X, qtype: 16}",
                    "-{qname: x, qtype: 2}",
                    "-{qtype: 1}",
                ],
            ),
            (
                "{a: [{qname: x}, {qname: y, qtype: 1}], condition: a}",
                &["+{qname: x}", "+{qname: y, qtype: 1}", "-{qname: y}"],
            ),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rule_says_is_never_sql() {
    let evil = r"x') OR 1=1; DROP TABLE http; -- \' {p0:String} ?";
    let quoted = evil.replace('\'', "''");
    let rows = [format!("+{{path: '{quoted}'}}"), "-{path: other}".to_owned()];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let escaped = quoted.replace('\\', r"\\").replace('?', r"\?").replace('*', r"\*");
    let whole = format!("{{s: {{path: '{escaped}'}}, condition: s}}");
    let within = format!("{{s: {{path|contains: ['{escaped}', zzz]}}, condition: s}}");
    let last = format!("{{s: {{path|re: '{}'}}, condition: s}}", regex_escaped(&quoted));
    check(HTTP, &[(&whole, &rows), (&within, &rows), (&last, &rows)]).await;
    let store = store().await;
    assert!(trial::structures(&store).await.expect("tables").contains_key("http"));
}

fn regex_escaped(text: &str) -> String {
    let special = |letter: char| r"\.+*?()|[]{}^$".contains(letter);
    text.chars().flat_map(|one| special(one).then_some('\\').into_iter().chain([one])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_every_table_is_sql_that_the_store_takes() {
    let store = store().await;
    for table in sigma::mapping::TABLES.iter() {
        let fields: Vec<String> = table.fields.iter().map(|field| field.column.clone()).collect();
        let sql = format!("SELECT {} FROM {} LIMIT 1", fields.join(", "), table.name);
        store
            .ask_raw(&store::Question::new("fields", sql.clone()), "JSONCompactEachRow")
            .await
            .unwrap_or_else(|error| panic!("{}: {error}\n{sql}", table.name));
    }
}
