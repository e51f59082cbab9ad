//! What the filter language promises: the examples of its description, errors in their place, and properties.

use super::*;
use catalogue::field;
use proptest::prelude::*;

fn shown(text: &str) -> String {
    match parse(text) {
        Ok(filter) => filter.to_string(),
        Err(error) => error.to_string(),
    }
}

fn sql(text: &str, table: &str) -> (String, Params) {
    parse(text)
        .unwrap_or_else(|error| panic!("{text}: {error}"))
        .to_sql(table)
        .unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_filter_is_shown_normalised() {
    let cases = [
        ("zone:swift,core lvl:<=II", "zone in (swift, core) and level <= II"),
        (
            "src=10.8.2.7 and port in (445,3389) and sbytes>1k",
            "src_ip = 10.8.2.7 and dst_port in (445, 3389) and src_bytes > 1k",
        ),
        ("tap:!=c,d port:>=1024", "tap not in (c, d) and dst_port >= 1024"),
        ("SNI:cdn", "sni : cdn"),
        ("sni:cdn,evil", "sni : cdn or sni : evil"),
        ("tap:c sni:cdn,evil", "tap = c and (sni : cdn or sni : evil)"),
        ("app = tls or app = ssh and port = 22", "app = tls or (app = ssh and dst_port = 22)"),
        ("(app = tls or app = ssh) port = 22", "(app = tls or app = ssh) and dst_port = 22"),
        ("!(zone=core)", "not zone = core"),
        ("not not zone = core", "not not zone = core"),
        ("zone not in (core)", "zone not in (core)"),
        ("src << 10.8.0.1/16", "src_ip << 10.8.0.0/16"),
        ("src = 10.8.0.0/16", "src_ip << 10.8.0.0/16"),
        ("src << 10.8.0.1", "src_ip = 10.8.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8::/32 bytes > 1500000", "2001:db8::/32 and bytes > 1500k"),
        ("dur >= 1.5h", "duration >= 90m"),
        ("proto = 6 conn = sf", "ip_protocol = tcp and conn_state = SF"),
        ("time > 2026-03-01T12:00", "time > 2026-03-01T12:00:00Z"),
        ("t < 2026-03-01T12:00+08:00", "time < 2026-03-01T04:00:00Z"),
        ("sev>=high score > 0.85", "severity >= P3 and score > 0.85"),
        ("owner = \"and\"", "owner = \"and\""),
        ("what : \"a \\\"b\\\" \\\\\"", "sentence : \"a \\\"b\\\" \\\\\""),
        ("owner = O'Neil", "owner = \"O'Neil\""),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text), expected, "{text}");
        assert_eq!(shown(expected), expected, "what is shown is read back");
    }
}

#[test]
fn an_error_has_a_place_and_a_suggestion() {
    let cases = [
        (
            "zone = core dst_prot = 445",
            "line 1 col 13: unknown field \"dst_prot\" (did you mean dst_port?)",
        ),
        ("port = http", "line 1 col 8: `dst_port` needs a whole number"),
        (
            "conn = S9",
            "line 1 col 8: `conn_state` is one of OTH, S0, S1, SF, REJ, S2, S3, RSTO, RSTR, RSTOS0, RSTRH, SH, SHR (did you mean S0?)",
        ),
        ("lvl <= V", "line 1 col 8: `level` needs I, II, III or IV"),
        ("(zone = core", "line 1 col 1: this bracket is never closed"),
        ("zone = core)", "line 1 col 12: no bracket is open here"),
        ("sni : \"half", "line 1 col 7: this quote is never closed"),
        ("app > tls", "line 1 col 1: `app` has no order: use = or in"),
        ("port ~ 4.*", "line 1 col 1: `dst_port` is no text: use = or in"),
        ("zone = core and", "line 1 col 16: expected a condition, such as zone = core"),
        ("zone =", "line 1 col 7: expected a value for `zone`"),
        ("zone in @scanners", "line 1 col 9: no list is named \"@scanners\""),
        (
            "zone = core\nand ports = 1",
            "line 2 col 5: unknown field \"ports\" (did you mean port?)",
        ),
        (
            "src = 10.8.2.300",
            "line 1 col 7: `src_ip` needs an address or a network such as 10.8.0.0/16",
        ),
        ("bytes > 99999999T", "line 1 col 9: `bytes` needs a whole number such as 512, 10k or 1G"),
        ("score > 1.5", "line 1 col 9: `score` needs a number from 0 to 1"),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text), expected, "{text}");
    }
    assert!(
        shown("sni ~ (a").starts_with("line 1 col 7: ") || shown("sni ~ (a").contains("value"),
        "{}",
        shown("sni ~ (a")
    );
    assert!(shown("sni ~ \"(a\"").starts_with("line 1 col 7: `sni` needs a regular expression: "));
}

#[test]
fn words_that_are_no_expression_say_so() {
    for (text, expected) in [
        ("swift gateway", true),
        ("beacon", true),
        ("zone", true),
        ("", true),
        ("dst_prot = 3", false),
        ("zone = core and (", false),
    ] {
        assert_eq!(parse(text).err().map(|error| error.is_plain_text), Some(expected), "{text}");
    }
}

#[test]
fn sql_has_columns_of_the_catalogue_and_values_as_parameters() {
    let text = |text: &str| Value::Text(text.to_owned());
    let cases = [
        ("port = 445", "flow", "dst_port = {p0:Int64}", vec![Value::Number(445)]),
        ("tap != d", "flow", "NOT (tap = {p0:String})", vec![text("d")]),
        (
            "zone = core",
            "flow",
            "(src_zone = {p0:String} OR dst_zone = {p1:String})",
            vec![text("core"), text("core")],
        ),
        ("zone = core", "warning", "zone = {p0:String}", vec![text("core")]),
        (
            "tap in (c, d)",
            "flow",
            "has({p0:Array(String)}, toString(tap))",
            vec![Value::Texts(vec!["c".to_owned(), "d".to_owned()])],
        ),
        (
            "lvl <= II",
            "warning",
            "(toInt8(level) <= {p0:Int64} AND toInt8(level) > 0)",
            vec![Value::Number(2)],
        ),
        (
            "src << 10.8.0.0/16",
            "flow",
            "src_ip BETWEEN toIPv6({p0:String}) AND toIPv6({p1:String})",
            vec![text("::ffff:10.8.0.0"), text("::ffff:10.8.255.255")],
        ),
        (
            "10.8.2.7",
            "flow",
            "(src_ip = toIPv6({p0:String}) OR dst_ip = toIPv6({p1:String}))",
            vec![text("::ffff:10.8.2.7"), text("::ffff:10.8.2.7")],
        ),
        ("sni:cdn", "flow", "positionCaseInsensitiveUTF8(sni, {p0:String}) > 0", vec![text("cdn")]),
        ("score >= 0.5", "warning", "score >= {p0:Int64}", vec![Value::Number(5000)]),
        (
            "attack = T1071",
            "warning",
            "arrayExists(element -> element = {p0:String}, attack)",
            vec![text("T1071")],
        ),
        ("late > 90s", "flow", "late_s > {p0:Int64}", vec![Value::Number(90)]),
        (
            "bytes > 2M",
            "flow",
            "(src_bytes + dst_bytes) > {p0:Int64}",
            vec![Value::Number(2_000_000)],
        ),
        (
            "not (tap = a or tap = b)",
            "flow",
            "NOT ((tap = {p0:String} OR tap = {p1:String}))",
            vec![text("a"), text("b")],
        ),
    ];
    for (filter, table, expected, values) in cases {
        let (condition, params) = sql(filter, table);
        assert_eq!(condition, expected, "{filter}");
        let named: Params = values
            .into_iter()
            .enumerate()
            .map(|(index, value)| (format!("p{index}"), value))
            .collect();
        assert_eq!(params, named, "{filter}");
    }
}

#[test]
fn a_field_of_another_table_is_refused_with_its_place() {
    let filter = parse("tap = d and level <= II").unwrap();
    let error = filter.to_sql("flow").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1 col 13: `level` is not a field of flow; it is one of warning"
    );
    assert!(filter.to_sql("nothing").is_err());
}

#[test]
fn nesting_and_length_have_bounds() {
    assert!(shown(&"(".repeat(5000)).contains("too many brackets"));
    assert!(shown(&"!".repeat(5000)).contains("too many brackets"));
    assert!(shown(&"a".repeat(20_000)).contains("at most"));
    let many = format!("port in ({})", vec!["1"; 2001].join(","));
    assert!(shown(&many).contains("at most 2000 values"));
}

/// A value that the field can hold.
fn operand(field: &'static Field) -> BoxedStrategy<Operand> {
    let number = |range: std::ops::RangeInclusive<i64>| range.prop_map(Operand::Number).boxed();
    match field.kind {
        Kind::Word | Kind::Text | Kind::Words | Kind::Id => {
            "[^\u{0}]{0,12}".prop_map(Operand::Text).boxed()
        }
        Kind::OneOf(words) => {
            (0..words.len()).prop_map(|at| Operand::Text(words[at].to_owned())).boxed()
        }
        Kind::Number => number(0..=65_535),
        Kind::Size => number(0..=i64::MAX),
        Kind::Lasting(unit) => number(0..=i64::MAX / unit),
        Kind::Share => number(0..=10_000),
        Kind::Protocol => number(0..=255),
        Kind::Level => number(1..=4),
        Kind::Severity => number(0..=4),
        Kind::Moment => (0i64..4_000_000_000_000_000)
            .prop_map(|micros| Operand::Time(model::Time(micros)))
            .boxed(),
        Kind::Address => network().prop_map(Operand::Network).boxed(),
    }
}

fn network() -> impl Strategy<Value = IpNet> {
    let v4 = (any::<[u8; 4]>(), 0u8..=32)
        .prop_map(|(octets, bits)| IpNet::new(octets.into(), bits).unwrap().trunc());
    let v6 = (any::<[u8; 16]>(), 0u8..=128)
        .prop_map(|(octets, bits)| IpNet::new(octets.into(), bits).unwrap().trunc());
    // A network of IPv6 that holds mapped addresses would be another way to write an IPv4 one.
    prop_oneof![v4, v6.prop_filter("mapped", |network| !format!("{network}").starts_with("::"))]
}

fn test() -> impl Strategy<Value = Node> {
    (0..FIELDS.len()).prop_flat_map(|at| {
        let field = &FIELDS[at];
        let one = prop::collection::vec(operand(field), 1);
        let list = prop::collection::vec(operand(field), 1..4);
        let ordered = matches!(
            field.kind,
            Kind::Number
                | Kind::Size
                | Kind::Lasting(_)
                | Kind::Share
                | Kind::Moment
                | Kind::Level
                | Kind::Severity
        );
        let plain = match (field.kind, ordered) {
            (_, true) => vec![
                Compare::Equal,
                Compare::Different,
                Compare::Less,
                Compare::AtMost,
                Compare::More,
                Compare::AtLeast,
            ],
            // What contains something is written with a colon, which means equal for names.
            (Kind::Text, _) => vec![Compare::Equal, Compare::Different, Compare::Contains],
            _ => vec![Compare::Equal, Compare::Different],
        };
        let single = (prop::sample::select(plain), one);
        let listed = (prop::sample::select(vec![Compare::In, Compare::NotIn]), list);
        prop_oneof![single, listed].prop_map(move |(mut compare, values)| {
            if let (Compare::Equal, Operand::Network(network)) = (compare, &values[0])
                && network.prefix_len() < network.max_prefix_len()
            {
                compare = Compare::Inside;
            }
            Node::Test(Test { field, compare, values, span: Span::default() })
        })
    })
}

fn node() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![4 => test(), 1 => network().prop_map(|network| Node::Address(network, Span::default()))];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let parts = || prop::collection::vec(inner.clone(), 2..4);
        let flat = |parts: Vec<Node>, is_and: bool| {
            let opened = parts.into_iter().flat_map(|part| match part {
                Node::And(inner) if is_and => inner,
                Node::Or(inner) if !is_and => inner,
                other => vec![other],
            });
            let opened: Vec<Node> = opened.collect();
            if is_and { Node::And(opened) } else { Node::Or(opened) }
        };
        prop_oneof![
            parts().prop_map(move |parts| flat(parts, true)),
            parts().prop_map(move |parts| flat(parts, false)),
            inner.clone().prop_map(|inner| Node::Not(Box::new(inner))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_shown_is_read_back_as_the_same(root in node()) {
        let filter = Filter { root, text: String::new() };
        let shown = filter.to_string();
        let back = parse(&shown).map_err(|error| TestCaseError::fail(format!("{shown}: {error}")))?;
        prop_assert_eq!(&back, &filter, "{}", shown);
        prop_assert_eq!(back.to_string(), shown);
    }

    #[test]
    fn any_text_is_survived(text in "\\PC{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for text in [text.as_str(), &String::from_utf8_lossy(&bytes)] {
            match parse(text) {
                Ok(filter) => prop_assert_eq!(parse(&filter.to_string()).expect("shown"), filter),
                Err(error) => prop_assert!(error.span.start <= error.span.end && error.span.end <= text.len()),
            }
        }
    }

    #[test]
    fn pieces_of_the_language_in_any_order_are_survived(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "zone", "=", "(", ")", "and", "or", "not", "in", "!", ":", "<=", "<<", "core", ",", "\"", "10.0.0.0/8", "@x", "II", "~", " ",
            "lvl", "sni", "port", "445", "::1", "\\", "1k",
        ]), 0..30)
    ) {
        let text = pieces.concat();
        if let Ok(filter) = parse(&text) {
            prop_assert_eq!(parse(&filter.to_string()).expect("shown"), filter);
        }
    }

    #[test]
    fn no_value_ever_stands_in_the_sql(root in node(), secret in "[A-Z]{12}") {
        let mark = Node::Test(Test {
            field: field("tap").expect("a field"),
            compare: Compare::Equal,
            values: vec![Operand::Text(format!("{secret}' OR 1 = 1 --"))],
            span: Span::default(),
        });
        let filter = Filter { root: Node::And(vec![root, mark]), text: String::new() };
        for table in TABLES {
            if let Ok((sql, params)) = filter.to_sql(table) {
                prop_assert!(!sql.contains(&secret) && !sql.contains('\''));
                for index in 0..params.len() {
                    prop_assert!(sql.contains(&format!("{{p{index}:")), "p{} is bound and not asked", index);
                }
            }
        }
    }
}
