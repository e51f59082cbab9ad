//! The bank: its zones, its hosts, and which taps see a conversation between two of them.

use std::net::Ipv4Addr;

/// `policy.toml` of the bank, as every story writes it.
pub const POLICY: &str = include_str!("bank/policy.toml");

/// A part of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Zone {
    /// SWIFT messaging.
    Swift,
    /// SWIFT operators and their jump host.
    SwiftOps,
    /// Key modules.
    Hsm,
    /// Real-time gross settlement and instant payments.
    Rtgs,
    /// Ledgers, hubs, queue managers.
    Core,
    /// Card switch.
    PaySwitch,
    /// Order entry to the exchange.
    Trading,
    /// Cash machines.
    Atm,
    /// Branches.
    Branch,
    /// E-banking, mail, the web proxy.
    EbankDmz,
    /// Providers.
    Partner,
    /// Management.
    Mgmt,
    /// Directories.
    Identity,
    /// Data lake and reports.
    Bigdata,
    /// Office computers.
    Office,
    /// Development.
    Devtest,
    /// The mirror site.
    DrB,
    /// Power and cooling.
    Facility,
    /// Everything else.
    Internet,
}

impl Zone {
    const NETWORKS: &'static [(Self, [u8; 4], u32)] = &[
        (Self::Swift, [10, 40, 8, 0], 26),
        (Self::SwiftOps, [10, 40, 8, 64], 27),
        (Self::Hsm, [10, 40, 9, 0], 28),
        (Self::Rtgs, [10, 40, 4, 0], 27),
        (Self::Core, [10, 40, 2, 0], 24),
        (Self::PaySwitch, [10, 40, 3, 0], 26),
        (Self::Trading, [10, 40, 6, 0], 27),
        (Self::Atm, [10, 60, 0, 0], 16),
        (Self::Branch, [10, 70, 0, 0], 16),
        (Self::EbankDmz, [10, 50, 0, 0], 24),
        (Self::Partner, [10, 90, 0, 0], 24),
        (Self::Mgmt, [10, 30, 0, 0], 24),
        (Self::Identity, [10, 30, 1, 0], 24),
        (Self::Bigdata, [10, 34, 0, 0], 24),
        (Self::Office, [10, 31, 0, 0], 16),
        (Self::Devtest, [10, 32, 0, 0], 16),
        (Self::DrB, [10, 140, 0, 0], 16),
        (Self::Facility, [10, 95, 0, 0], 24),
    ];

    /// The zone that holds `ip`.
    pub fn of(ip: Ipv4Addr) -> Self {
        Self::NETWORKS
            .iter()
            .find(|(_, network, length)| {
                (u32::from(ip) ^ u32::from(Ipv4Addr::from(*network))) >> (32 - length) == 0
            })
            .map_or(Self::Internet, |(zone, ..)| *zone)
    }

    /// Its id in `policy.toml`.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Swift => "swift",
            Self::SwiftOps => "swift-ops",
            Self::Hsm => "hsm",
            Self::Rtgs => "rtgs",
            Self::Core => "core",
            Self::PaySwitch => "pay-switch",
            Self::Trading => "trading",
            Self::Atm => "atm",
            Self::Branch => "branch",
            Self::EbankDmz => "ebank-dmz",
            Self::Partner => "partner",
            Self::Mgmt => "mgmt",
            Self::Identity => "identity",
            Self::Bigdata => "bigdata",
            Self::Office => "office",
            Self::Devtest => "devtest",
            Self::DrB => "dr-b",
            Self::Facility => "facility",
            Self::Internet => "internet",
        }
    }
}

/// What a host's TCP stack looks like from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stack {
    /// Initial TTL 64, timestamps in the SYN.
    Linux,
    /// Initial TTL 128, no timestamps.
    Windows,
    /// Initial TTL 64, a SYN with an MSS and nothing else, as scanners send it.
    Scanner,
}

/// A host that a story names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    /// Name in `policy.toml`, empty where it has none.
    pub name: &'static str,
    /// Address.
    pub ip: Ipv4Addr,
    /// TCP stack.
    pub stack: Stack,
}

const fn host(name: &'static str, ip: [u8; 4], stack: Stack) -> Host {
    Host { name, ip: Ipv4Addr::new(ip[0], ip[1], ip[2], ip[3]), stack }
}

/// SWIFT messaging interface.
pub const SAA_1: Host = host("saa-1", [10, 40, 8, 11], Stack::Linux);
/// SWIFT operator's computer.
pub const OP_1: Host = host("op-1", [10, 40, 8, 65], Stack::Windows);
/// Jump host of the SWIFT operators.
pub const JUMP_1: Host = host("jump-1", [10, 40, 8, 70], Stack::Linux);
/// Payment hub.
pub const HUB_1: Host = host("hub-1", [10, 40, 2, 21], Stack::Linux);
/// Queue manager.
pub const QM_1: Host = host("qm-1", [10, 40, 2, 30], Stack::Linux);
/// Ledger database.
pub const LEDGER_1: Host = host("ledger-1", [10, 40, 2, 41], Stack::Linux);
/// Card switch.
pub const SW_1: Host = host("sw-1", [10, 40, 3, 10], Stack::Linux);
/// Interface to the card scheme.
pub const SCHEME_1: Host = host("scheme-1", [10, 40, 3, 20], Stack::Linux);
/// Host of the cash machines.
pub const ATM_GW_1: Host = host("atm-gw-1", [10, 40, 3, 30], Stack::Linux);
/// Authorisation of the bank's own cards.
pub const AUTH_1: Host = host("auth-1", [10, 40, 2, 51], Stack::Linux);
/// Key module.
pub const HSM_1: Host = host("hsm-1", [10, 40, 9, 2], Stack::Linux);
/// FIX gateway.
pub const FIX_1: Host = host("fix-1", [10, 40, 6, 10], Stack::Linux);
/// Load balancer.
pub const ADC_1: Host = host("adc-1", [10, 50, 0, 5], Stack::Linux);
/// Web server.
pub const WEB_1: Host = host("web-1", [10, 50, 0, 10], Stack::Linux);
/// Web server.
pub const WEB_2: Host = host("web-2", [10, 50, 0, 11], Stack::Linux);
/// Web proxy of the office.
pub const PROXY_1: Host = host("proxy-1", [10, 50, 0, 20], Stack::Linux);
/// Privileged access manager.
pub const PAM_1: Host = host("pam-1", [10, 30, 0, 5], Stack::Linux);
/// Network management.
pub const NMS_1: Host = host("nms-1", [10, 30, 0, 10], Stack::Linux);
/// Backup server.
pub const BACKUP_1: Host = host("backup-1", [10, 30, 0, 20], Stack::Linux);
/// Vulnerability scanner.
pub const SCANNER_1: Host = host("scanner-1", [10, 30, 0, 66], Stack::Scanner);
/// Directory and name server.
pub const AD_1: Host = host("ad-1", [10, 30, 1, 2], Stack::Windows);
/// Reports.
pub const REP_1: Host = host("rep-1", [10, 34, 0, 20], Stack::Linux);
/// The office computer that is taken over in S1.
pub const PC_117: Host = host("pc-117", [10, 31, 0, 117], Stack::Windows);
/// The card scheme's host.
pub const SCHEME_HOST: Host = host("scheme-host", [198, 51, 100, 20], Stack::Linux);
/// Resolver of the bank's provider.
pub const RESOLVER: Host = host("isp-resolver", [198, 51, 100, 53], Stack::Linux);
/// The exchange's FIX gateway.
pub const EXCHANGE: Host = host("exchange-fix", [198, 51, 100, 60], Stack::Linux);
/// Where backups go.
pub const CLOUD_VAULT: Host = host("cloud-vault", [198, 51, 100, 90], Stack::Linux);
/// The hostile server of S1.
pub const HOSTILE: Host = host("", [203, 0, 113, 40], Stack::Linux);

/// Every host above that `policy.toml` names.
pub const NAMED: &[Host] = &[
    SAA_1,
    OP_1,
    JUMP_1,
    HUB_1,
    QM_1,
    LEDGER_1,
    SW_1,
    SCHEME_1,
    ATM_GW_1,
    AUTH_1,
    HSM_1,
    FIX_1,
    ADC_1,
    WEB_1,
    WEB_2,
    PROXY_1,
    PAM_1,
    NMS_1,
    BACKUP_1,
    SCANNER_1,
    AD_1,
    REP_1,
    PC_117,
    SCHEME_HOST,
    RESOLVER,
    EXCHANGE,
    CLOUD_VAULT,
];

/// Office computer `number`, 1 to 250.
pub const fn office_pc(number: u8) -> Host {
    host("", [10, 31, 0, number], Stack::Windows)
}

/// A server on the internet that the office browses, `number` 1 to 250.
pub const fn web_site(number: u8) -> Host {
    host("", [192, 0, 2, number], Stack::Linux)
}

/// The taps: a acquirer side of the switch, b its issuer side, c SWIFT and settlement, d DMZ and internet, e office and
/// management, f cash machines and branches.
pub const TAPS: &[char] = &['a', 'b', 'c', 'd', 'e', 'f'];

/// The taps that a packet from `src` to `dst` passes, in that order.
pub fn taps_between(src: Ipv4Addr, dst: Ipv4Addr) -> Vec<char> {
    let (from, to) = (Zone::of(src), Zone::of(dst));
    let mut taps: Vec<char> =
        [tap_beside(from, to), tap_beside(to, from)].into_iter().flatten().collect();
    taps.dedup();
    taps
}

/// The tap beside `zone`, for traffic with `other`.
pub const fn tap_beside(zone: Zone, other: Zone) -> Option<char> {
    match zone {
        Zone::Swift | Zone::SwiftOps | Zone::Rtgs => Some('c'),
        Zone::EbankDmz | Zone::Internet | Zone::Partner => Some('d'),
        Zone::Mgmt | Zone::Identity | Zone::Bigdata | Zone::Office | Zone::Devtest => Some('e'),
        Zone::Atm | Zone::Branch => Some('f'),
        Zone::PaySwitch if matches!(other, Zone::Core | Zone::Hsm) => Some('b'),
        Zone::PaySwitch => Some('a'),
        Zone::Hsm if matches!(other, Zone::PaySwitch) => Some('b'),
        Zone::Core | Zone::Hsm | Zone::Trading | Zone::DrB | Zone::Facility => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_seen_where_it_passes() {
        let check = |src: Host, dst: Host, taps: &[char]| {
            assert_eq!(taps_between(src.ip, dst.ip), taps, "{src:?} {dst:?}");
        };
        check(PC_117, HOSTILE, &['e', 'd']);
        check(PC_117, OP_1, &['e', 'c']);
        check(OP_1, JUMP_1, &['c']);
        check(OP_1, SAA_1, &['c']);
        check(SAA_1, QM_1, &['c']);
        check(ADC_1, WEB_1, &['d']);
        check(SW_1, SCHEME_1, &['a']);
        check(SCHEME_1, SCHEME_HOST, &['a', 'd']);
        check(ATM_GW_1, SW_1, &['a']);
        check(SW_1, AUTH_1, &['b']);
        check(SW_1, HSM_1, &['b']);
        check(FIX_1, EXCHANGE, &['d']);
        check(REP_1, LEDGER_1, &['e']);
        check(PC_117, AD_1, &['e']);
    }

    #[test]
    fn networks_do_not_overlap() {
        for (zone, network, length) in Zone::NETWORKS {
            assert_eq!(Zone::of(Ipv4Addr::from(*network)), *zone);
            let last = u32::from(Ipv4Addr::from(*network)) | (u32::MAX >> length);
            assert_eq!(Zone::of(Ipv4Addr::from(last)), *zone);
        }
    }
}
