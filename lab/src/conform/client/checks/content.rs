//! The content of the message: transparency, line endings, and what is there after its end.

use super::super::check::{Demand::*, Play, must};
use super::super::message::Part;
use smtp_core::observer::ViolationKind as V;

pub(super) static ALL: &[Play] = &[
    must("content-dots", "RFC 5321 4.5.2", "Lines that begin with a dot arrive as they are.")
        .demands(&[Intact(Part::Dots)]),
    must("content-long-line", "RFC 5321 4.5.3.1.6", "A line of 1000 octets arrives as it is.")
        .demands(&[Intact(Part::LongLine)]),
    must(
        "content-white-space",
        "RFC 5321 4.5.2",
        "Spaces and tabs at the ends of lines, and empty lines, arrive as they are.",
    )
    .demands(&[Intact(Part::WhiteSpace)]),
    must("content-8-bit", "RFC 6152 3", "Octets above 127 arrive as they are where 8BITMIME is offered.")
        .eight_bit()
        .demands(&[Intact(Part::EightBit)]),
    must("content-end", "RFC 5321 4.1.1.4", "No empty line is added after the last line of the message.")
        .demands(&[AddsNothing]),
    must("content-lines", "RFC 5321 2.3.8", "Lines of the content end with CRLF, and there is no bare CR or LF.")
        .demands(&[Without(&[
            V::BareCrInContent,
            V::BareLfInContent,
            V::EndOfDataLookalike,
            V::BareLineEndingInChunk,
        ])]),
];
