//! Finds the sessions in a capture of packets: puts both directions of each TCP connection together, and keeps the connections that
//! begin with a greeting of SMTP. Files and packets are read by libraries; only the order of the segments is found here.

use etherparse::{LaxSlicedPacket, TcpSlice, TransportSlice};
use pcap_parser::data::{PacketData, get_packetdata};
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError, create_reader};
use smtp_core::observer::Side;
use smtp_testkit::recording::{Capture, Record};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

/// Returns `true` if a file begins as pcap or pcapng does.
pub(super) fn is_one(octets: &[u8]) -> bool {
    let magic = octets.get(..4).and_then(|magic| <[u8; 4]>::try_from(magic).ok()).map(u32::from_be_bytes);
    matches!(magic, Some(0xA1B2_C3D4 | 0xD4C3_B2A1 | 0xA1B2_3C4D | 0x4D3C_B2A1 | 0x0A0D_0D0A))
}

/// Returns the sessions of SMTP, in the order of their first packets.
pub(super) fn read(octets: &[u8]) -> Result<Vec<Capture>, String> {
    let capacity = octets.len().max(1 << 16);
    let mut reader = create_reader(capacity, octets).map_err(|error| format!("not a pcap file: {error}"))?;
    let mut connections = Connections::default();
    // The link type of each interface.
    let mut links: Vec<Linktype> = Vec::new();
    loop {
        let offset = match reader.next() {
            Ok((offset, block)) => {
                match block {
                    PcapBlockOwned::LegacyHeader(header) => links = vec![header.network],
                    PcapBlockOwned::Legacy(packet) => connections.packet(&links, 0, packet.data),
                    PcapBlockOwned::NG(Block::SectionHeader(_)) => links.clear(),
                    PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => links.push(interface.linktype),
                    PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                        let captured = packet.data.get(..packet.caplen as usize).unwrap_or(packet.data);
                        connections.packet(&links, packet.if_id as usize, captured);
                    }
                    PcapBlockOwned::NG(Block::SimplePacket(packet)) => connections.packet(&links, 0, packet.data),
                    PcapBlockOwned::NG(_) => {}
                }
                offset
            }
            Err(PcapError::Eof) => break,
            Err(PcapError::Incomplete(_)) => {
                // The file ends in the midst of a block where there is no more.
                if reader.reader_exhausted() {
                    break;
                }
                reader.refill().map_err(|error| format!("not a pcap file: {error}"))?;
                continue;
            }
            Err(error) => return Err(format!("not a pcap file: {error}")),
        };
        reader.consume(offset);
    }
    Ok(connections.list.into_iter().filter_map(Connection::capture).collect())
}

#[derive(Default)]
struct Connections {
    list: Vec<Connection>,
    /// The last connection of two ends, the smaller one first.
    last: HashMap<(SocketAddr, SocketAddr), usize>,
}

impl Connections {
    fn packet(&mut self, links: &[Linktype], interface: usize, octets: &[u8]) {
        let Some(link) = links.get(interface) else { return };
        let packet = match get_packetdata(octets, *link, octets.len()) {
            Some(PacketData::L2(frame)) => LaxSlicedPacket::from_ethernet(frame).ok(),
            Some(PacketData::L3(_, packet)) => LaxSlicedPacket::from_ip(packet).ok(),
            _ => None,
        };
        let Some(packet) = packet else { return };
        let (Some(net), Some(TransportSlice::Tcp(tcp))) = (packet.net, packet.transport) else { return };
        let (from, to): (IpAddr, IpAddr) = match net {
            etherparse::LaxNetSlice::Ipv4(ip) => {
                (ip.header().source_addr().into(), ip.header().destination_addr().into())
            }
            etherparse::LaxNetSlice::Ipv6(ip) => {
                (ip.header().source_addr().into(), ip.header().destination_addr().into())
            }
            etherparse::LaxNetSlice::Arp(_) => return,
        };
        let (from, to) = (SocketAddr::new(from, tcp.source_port()), SocketAddr::new(to, tcp.destination_port()));
        let ends = if from < to { (from, to) } else { (to, from) };
        let known = self.last.get(&ends).copied().filter(|at| {
            // A port is used again.
            !(tcp.syn() && !tcp.ack() && self.list.get(*at).is_some_and(|connection| !connection.records.is_empty()))
        });
        let at = known.unwrap_or_else(|| {
            self.list.push(Connection::default());
            self.list.len().saturating_sub(1)
        });
        self.last.insert(ends, at);
        if let Some(connection) = self.list.get_mut(at) {
            connection.segment(usize::from(from == ends.1), &tcp);
        }
    }
}

/// A connection between two ends, 0 and 1.
#[derive(Default)]
struct Connection {
    streams: [Stream; 2],
    /// Who has sent what; `None` is the end of the stream.
    records: Vec<(usize, Option<Vec<u8>>)>,
}

/// What one end sends.
#[derive(Default)]
struct Stream {
    /// The sequence number of the next octet.
    next: Option<u32>,
    /// Segments that came before an earlier one.
    early: Vec<(u32, Vec<u8>)>,
    /// How many records there were when the first of them came.
    gap: usize,
    end: Option<u32>,
    ended: bool,
}

impl Connection {
    fn segment(&mut self, end: usize, tcp: &TcpSlice<'_>) {
        let count = self.records.len();
        let Some(stream) = self.streams.get_mut(end) else { return };
        let first = tcp.sequence_number().wrapping_add(u32::from(tcp.syn()));
        let payload = tcp.payload();
        // A capture that begins in the midst of a connection has no SYN.
        if tcp.syn() || stream.next.is_none() {
            stream.next = Some(first);
        }
        if !payload.is_empty() {
            if stream.early.is_empty() {
                stream.gap = count;
            }
            stream.early.push((first, payload.to_vec()));
        }
        if tcp.fin() {
            stream.end = Some(first.wrapping_add(payload.len() as u32));
        }
        while let Some(octets) = stream.in_order() {
            self.records.push((end, Some(octets)));
        }
        let finished = stream.end.is_some() && stream.end == stream.next;
        if (finished || tcp.rst()) && !stream.ended {
            stream.ended = true;
            self.records.push((end, None));
        }
    }

    /// Returns the session, if it is one of SMTP: one end begins with a greeting (RFC 5321 section 4.2, RFC 7504 section 3).
    fn capture(mut self) -> Option<Capture> {
        // What follows octets that the capture does not have cannot be judged.
        for stream in &self.streams {
            if !stream.early.is_empty() {
                self.records.truncate(stream.gap);
            }
        }
        let greets = |octets: &[u8]| {
            [&b"220"[..], b"421", b"521", b"554"].iter().any(|code| octets.starts_with(code))
                && matches!(octets.get(3), Some(b' ' | b'-' | b'\r'))
        };
        let said =
            |end: usize| self.records.iter().find(|record| record.0 == end).and_then(|record| record.1.as_deref());
        let server = (0..2).find(|end| said(*end).is_some_and(greets))?;
        let side = |end| if end == server { Side::Server } else { Side::Client };
        let record = |(end, octets)| match octets {
            Some(octets) => Record::Data(side(end), octets),
            None => Record::Eof(side(end)),
        };
        let records = self.records.into_iter().map(record).collect();
        Some(Capture { records, is_transcript: false, within_tls: false })
    }
}

impl Stream {
    /// Returns the octets that come next, if they have arrived. Leaves out what was sent again.
    fn in_order(&mut self) -> Option<Vec<u8>> {
        let next = self.next?;
        // Half the numbers are before the next octet.
        let old = |first: u32| next.wrapping_sub(first) < 1 << 31;
        while let Some(at) = self.early.iter().position(|(first, _)| old(*first)) {
            let (first, octets) = self.early.swap_remove(at);
            if let Some(new) = octets.get(next.wrapping_sub(first) as usize..).filter(|new| !new.is_empty()) {
                self.next = Some(next.wrapping_add(new.len() as u32));
                return Some(new.to_vec());
            }
        }
        None
    }
}
