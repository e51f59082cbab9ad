//! IPv6 extension headers (RFC 8200 4), walked by etherparse.

use etherparse::{IpNumber, Ipv6ExtensionSlice, Ipv6ExtensionsSlice};
use wire::{Code, Fragment, Headers, transport};

/// Goes on from the first extension header, where `wire` stopped.
pub(super) fn read(frame: &[u8], headers: &mut Headers) -> Code {
    let start = headers.transport_offset as usize;
    let end = frame.len().min(headers.internet_end as usize);
    let Some(bytes) = frame.get(start..end) else { return Code::ShortInternet };
    let (extensions, next, rest, error) =
        Ipv6ExtensionsSlice::from_slice_lax(IpNumber(headers.ip_protocol), bytes);
    // What follows a fragment header other than the first is data; the walk above took it for headers.
    let mut at = start;
    for extension in extensions {
        at += length(&extension);
        let Ipv6ExtensionSlice::Fragment(fragment) = extension else { continue };
        if !fragment.is_fragmenting_payload() {
            continue;
        }
        headers.fragment_id = fragment.identification();
        headers.fragment =
            if fragment.fragment_offset().value() == 0 { Fragment::First } else { Fragment::Later };
        if headers.fragment == Fragment::Later {
            headers.ip_protocol = fragment.next_header().0;
            return transport::any(frame, at, headers);
        }
    }
    if error.is_some() {
        return Code::ShortInternet;
    }
    headers.ip_protocol = next.0;
    transport::any(frame, end - rest.len(), headers)
}

fn length(extension: &Ipv6ExtensionSlice<'_>) -> usize {
    match extension {
        Ipv6ExtensionSlice::HopByHop(header)
        | Ipv6ExtensionSlice::Routing(header)
        | Ipv6ExtensionSlice::DestinationOptions(header) => header.slice().len(),
        Ipv6ExtensionSlice::Fragment(header) => header.slice().len(),
        Ipv6ExtensionSlice::Authentication(header) => header.slice().len(),
    }
}
