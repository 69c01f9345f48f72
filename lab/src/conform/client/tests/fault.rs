//! The faults of the twin, each with exactly the checks that are to fail for it.

macro_rules! faults {
    ($($group:ident { $($fault:ident [$($check:literal)*])* })*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Fault {
            None,
            $($($fault,)*)*
        }

        $(pub(super) const $group: &[(Fault, &[&str])] = &[$((Fault::$fault, &[$($check),*]),)*];)*
    };
}

faults! {
    REPLIES {
        TakesOneLine ["greeting-multiline-held" "mail-multiline-held" "data-multiline-held" "end-multiline-held" "starttls-held" "end-cut-off"]
        TakesHalfALine ["text-cut" "crlf-cut"]
        EndsLinesAtCr ["crlf-cut"]
        GivesUpOnLongLines ["line-longest"]
        GivesUpOnEmptyText ["text-none"]
        GivesUpOnBareCodes ["code-bare"]
        GivesUpOnManyLines ["ehlo-many-keywords"]
        WantsEsmtp ["greeting-literal" "greeting-without-esmtp"]
        ReadsTheText ["end-misleading" "end-misleading-multiline"]
        KnowsListedCodesOnly ["code-251" "code-unknown-positive" "code-unknown-intermediate"]
        KnowsNoHelo ["helo-after-500" "helo-after-502"]
        TakesFirstLineForKeyword ["ehlo-greeting-text" "ehlo-only-greeting-text" "observer-auth-not-offered" "observer-starttls-not-offered"]
    }
    REFUSALS {
        IgnoresGreeting ["greeting-554" "greeting-521" "observer-mail-before-hello"]
        IgnoresMail ["mail-550" "mail-451" "observer-command-out-of-order"]
        IgnoresRcpt ["claim-without-recipients" "data-354-without-recipients" "rcpt-first-550" "rcpt-second-550"]
        ClaimsForSome ["rcpt-second-550" "rcpt-first-550"]
        ClaimsAfter4yz ["end-451" "end-421" "end-unknown-transient"]
        ClaimsAfter5yz ["end-554" "end-552" "end-unknown-negative" "end-misleading" "end-misleading-multiline" "size-refused-late" "enhanced-codes-misleading"]
        ClaimsAfter1yz ["end-out-of-range"]
        ClaimsWhenLost ["content-lost" "end-lost" "end-cut-off"]
        FailsWithQuit ["quit-lost" "quit-421" "end-then-lost" "end-then-421"]
        LeavesWithoutReply ["end-awaited" "end-multiline-held" "end-421" "end-451" "end-lost" "end-cut-off" "end-out-of-range" "end-unknown-transient" "end-554" "end-552" "end-unknown-negative" "end-misleading" "end-misleading-multiline" "size-refused-late" "enhanced-codes-misleading"]
        ReadsEnhancedCodes ["enhanced-codes-misleading"]
        SendsContentUnasked ["data-554" "data-451" "group-data-554" "observer-content-without-354"]
        SendsContentAfter250 ["data-250"]
    }
    ORDER {
        TalksBeforeGreeting ["greeting-awaited" "greeting-multiline-held" "surplus-greeting"]
        DoesNotWaitForEhlo ["ehlo-awaited" "ehlo-held" "group-ehlo-last"]
        GroupsUnasked ["mail-awaited" "rcpt-awaited" "helo-awaited" "code-cut" "crlf-cut" "text-cut" "mail-multiline-held"]
        SendsContentAfterData ["data-awaited" "group-data-last" "data-multiline-held" "data-354-without-recipients" "group-mail-550" "group-rcpt-550" "surplus-data"]
        TakesSurplus ["surplus-greeting" "surplus-data" "surplus-rcpt"]
        SaysNoQuit ["quit" "quit-after-refusal" "quit-after-greeting-554" "observer-closed-without-quit"]
        WaitsForNoQuit ["quit-reply-awaited"]
        PutsASpace ["envelope" "observer-space-after-colon"]
        EndsCommandsWithLf ["command-lines" "observer-bare-line-ending-in-command"]
        BadName ["hello" "observer-hello-syntax"]
    }
    CONTENT {
        StuffsLoneDotsOnly ["content-dots" "observer-dot-not-stuffed"]
        StuffsTwice ["content-dots"]
        TrimsLines ["content-white-space"]
        TabsToSpaces ["content-white-space"]
        FoldsLongLines ["content-long-line"]
        StripsTheEighthBit ["content-8-bit"]
        SendsBareCr ["content-lines" "observer-bare-cr-in-content"]
        SendsBareLf ["content-lines" "observer-bare-lf-in-content"]
        AddsAnEmptyLine ["content-end"]
        DeclaresNoBody ["8bitmime-declared" "observer-eight-bit-content"]
        SendsEightBitUnasked ["8bitmime-not-offered" "observer-eight-bit-content"]
    }
    EXTENSIONS {
        KnowsCapitalsOnly ["8bitmime-any-case" "size-any-case" "starttls-any-case" "auth-any-case"]
        UsesSizeUnasked ["parameters-not-offered" "helo-without-extensions" "starttls-forgets" "observer-mail-parameter-not-offered"]
        UsesNotifyUnasked ["rcpt-parameters-not-offered" "starttls-forgets" "observer-rcpt-parameter-not-offered"]
        RequestsNoUtf8 ["smtputf8-requested" "observer-utf8-not-requested"]
        SendsUtf8Unasked ["smtputf8-not-offered" "observer-utf8-not-offered"]
        StartsTlsUnasked ["verbs-not-offered" "ehlo-greeting-text" "ehlo-only-greeting-text" "helo-without-extensions" "observer-starttls-not-offered"]
        StartsTlsAfter454 ["starttls-454"]
        GoesOnInTheClear ["starttls-handshake" "observer-no-tls-handshake"]
        GroupsAfterStartTls ["starttls-last-in-group"]
        KeepsOctetsOverTls ["starttls-injection"]
        RemembersOverTls ["starttls-forgets" "observer-auth-not-offered"]
        SaysNoHelloWithinTls ["starttls-hello-again" "starttls-forgets" "observer-auth-not-offered" "observer-mail-before-hello"]
        StartsTlsAgain ["starttls-not-again"]
        SendsNoBase64 ["auth-form" "observer-auth-syntax"]
        GroupsAfterAuth ["auth-last-in-group"]
    }
    LMTP {
        EhloInLmtp ["lmtp-lhlo"]
        ReadsOneReplyOfLmtp ["lmtp-second-refused" "lmtp-second-lost" "end-awaited" "end-multiline-held"]
    }
}
