//! Generates replies.

use super::Source;
use smtp_core::syntax::{EnhancedCode, Extension, Grammar, Reply, ReplyClass, ReplyCode};

const TEXTS: &[&str] = &["OK", "", "no", "mx.example", "5.1.1 looks like a code", "a  b", "tab\there"];

impl Source<'_> {
    /// Generates a reply with its CRLF that is valid in the grammar: a registered code, one line or more, and an enhanced
    /// code if ENHANCEDSTATUSCODES is offered.
    pub fn reply(&mut self, grammar: Grammar) -> Vec<u8> {
        let code = self.choose(ReplyCode::REGISTRY).map_or(ReplyCode::OK, |(code, _)| code);
        let enhanced = grammar.extensions.is_some_and(|offered| offered.contains(Extension::EnhancedStatusCodes));
        let mut text = String::from(self.pick(TEXTS));
        for _ in 0..self.below(4) {
            text.push('\n');
            text.push_str(self.pick(TEXTS));
        }
        let mut out = Vec::new();
        let enhanced = if enhanced { self.enhanced_code(code.class()) } else { None };
        self.write(code, enhanced, &text, &mut out);
        out
    }

    /// Returns a registered enhanced code of this class, if the class has any.
    pub(super) fn enhanced_code(&mut self, class: ReplyClass) -> Option<EnhancedCode> {
        self.choose(EnhancedCode::REGISTRY).and_then(|status| status.code.with_class(class))
    }

    /// Writes a reply. The text must be ASCII without NUL, CR or LF.
    pub(super) fn write(&mut self, code: ReplyCode, enhanced: Option<EnhancedCode>, text: &str, out: &mut Vec<u8>) {
        if let Ok(reply) = Reply::new(code, enhanced, text) {
            reply.encode(out);
        }
    }
}
