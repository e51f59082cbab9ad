//! What a host does, by what is asked of it.

/// What a host is to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Role {
    Payments,
    Directory,
    Database,
    Queue,
    Control,
    Names,
    Files,
    Mail,
    Web,
    Proxy,
    Voice,
    Printer,
    OtherService,
    /// Worked on by others, and serves nothing else.
    Administered,
    Client,
    Silent,
}

/// What the hosts of a zone have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Payments,
    Directories,
    Data,
    Control,
    Servers,
    Clients,
}

/// Port and transport as people write it.
pub(super) fn service(ip_protocol: u8, port: u16) -> String {
    match ip_protocol {
        1 | 58 => "icmp".into(),
        6 => format!("tcp/{port}"),
        17 => format!("udp/{port}"),
        other => format!("ip/{other}"),
    }
}

impl Role {
    /// The role in which a host answered; by the protocol that was spoken, else by the port (IANA service names).
    pub(super) fn of(ip_protocol: u8, port: u16, app: &str) -> Self {
        match app {
            "iso8583" => return Self::Payments,
            "dns" => return Self::Names,
            "ibmmq" => return Self::Queue,
            "mysql" | "postgres" | "tds" | "tns" | "drda" => return Self::Database,
            "smb" | "nfs" => return Self::Files,
            "kerberos" | "ldap" => return Self::Directory,
            _ => {}
        }
        match (ip_protocol, port) {
            (1 | 58, _) => Self::Silent,
            (6, 22 | 23 | 3389 | 5900..=5909 | 5985 | 5986) => Self::Administered,
            (_, 53) => Self::Names,
            (_, 88 | 389 | 464 | 636 | 3268 | 3269) => Self::Directory,
            (6, 1433 | 1521 | 3306 | 5432 | 27017 | 50000) => Self::Database,
            (6, 1414 | 5671 | 5672 | 9092 | 61616) => Self::Queue,
            (6, 20 | 21 | 139 | 445 | 2049) => Self::Files,
            (6, 25 | 110 | 143 | 465 | 587 | 993 | 995) => Self::Mail,
            (6, 3128 | 8080) if app != "http" => Self::Proxy,
            (_, 80 | 443 | 8000 | 8080 | 8443) => Self::Web,
            (6, 102 | 502 | 2404 | 20000 | 44818) | (17, 2222 | 34962..=34964 | 47808) => {
                Self::Control
            }
            (_, 5060 | 5061) => Self::Voice,
            (6, 515 | 631 | 9100) => Self::Printer,
            (6, 0..=32767) | (17, 1..=1023) => Self::OtherService,
            _ => Self::Silent,
        }
    }

    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::Payments | Self::Queue => Kind::Payments,
            Self::Directory => Kind::Directories,
            Self::Database => Kind::Data,
            Self::Control => Kind::Control,
            Self::Names
            | Self::Files
            | Self::Mail
            | Self::Web
            | Self::Proxy
            | Self::Voice
            | Self::OtherService => Kind::Servers,
            Self::Printer | Self::Administered | Self::Client | Self::Silent => Kind::Clients,
        }
    }

    /// Whether others depend on it.
    pub(super) const fn is_server(self) -> bool {
        !matches!(self, Self::Administered | Self::Client | Self::Silent)
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Payments => "payments",
            Self::Directory => "directory",
            Self::Database => "database",
            Self::Queue => "queue",
            Self::Control => "controller",
            Self::Names => "name-server",
            Self::Files => "file-server",
            Self::Mail => "mail",
            Self::Web => "web",
            Self::Proxy => "proxy",
            Self::Voice => "voice",
            Self::Printer => "printer",
            Self::OtherService => "server",
            Self::Administered | Self::Client => "client",
            Self::Silent => "host",
        }
    }

    pub(super) const fn asked_for(self) -> &'static str {
        match self {
            Self::Payments => "card messages (ISO 8583)",
            Self::Directory => "directory requests",
            Self::Database => "database sessions",
            Self::Queue => "queue channels",
            Self::Control => "control commands",
            Self::Names => "name lookups",
            Self::Files => "file shares",
            Self::Mail => "mail",
            Self::Web => "web requests",
            Self::Proxy => "proxied requests",
            Self::Voice => "call set-ups",
            Self::Printer => "print jobs",
            _ => "a service",
        }
    }
}

impl Kind {
    pub(super) const fn criticality(self) -> u8 {
        match self {
            Self::Payments => 10,
            Self::Directories => 9,
            Self::Data => 8,
            Self::Control => 7,
            Self::Servers => 6,
            Self::Clients => 4,
        }
    }

    pub(super) const fn id(self) -> &'static str {
        match self {
            Self::Payments => "payments",
            Self::Directories => "directories",
            Self::Data => "databases",
            Self::Control => "control",
            Self::Servers => "servers",
            Self::Clients => "clients",
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Payments => "Payment messages and queues",
            Self::Directories => "Directories",
            Self::Data => "Databases",
            Self::Control => "Control equipment",
            Self::Servers => "Servers",
            Self::Clients => "Clients",
        }
    }

    /// After "14 of its 15 seen hosts".
    pub(super) const fn does(self) -> &'static str {
        match self {
            Self::Payments => "answer payment messages or queue channels",
            Self::Directories => "answer directory requests",
            Self::Data => "answer database sessions",
            Self::Control => "answer control commands",
            Self::Servers => "answer others",
            Self::Clients => "open flows and serve nobody",
        }
    }
}
