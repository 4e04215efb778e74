// SPDX-License-Identifier: Apache-2.0
// The quick digest against the parser's: it may decline, it may never differ.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <sip/beginning.h>
#include <sip/digest.h>
#include <string>
#include <vector>

namespace {

using sip::Digest;

std::vector<std::string> plain()
{
    const std::string sdp =
        "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
        "m=audio 4000 RTP/AVP 0\r\n";
    return {
        "INVITE sip:bob@example.test SIP/2.0\r\nVia: SIP/2.0/UDP "
        "192.0.2.1:5060;branch=z9hG4bK1;rport\r\n"
        "Via: SIP/2.0/TCP host.example.test;branch=z9hG4bK2\r\nMax-Forwards: 70\r\n"
        "From: \"A; tag=x <b>\" <sip:alice@example.test;user=phone>;tag=one\r\n"
        "To: <sip:bob@example.test>\r\nCall-ID: abc@host\r\nCSeq: 1 INVITE\r\nRequire: 100rel\r\n"
        "Contact: <sip:alice@192.0.2.1>\r\nContent-Type: application/sdp;charset=utf-8\r\n"
        "Content-Length: " +
            std::to_string(sdp.size()) + "\r\n\r\n" + sdp,
        "SIP/2.0 183 Session Progress\r\nv: SIP/2.0/TLS "
        "[2001:db8::1]:5061;received=192.0.2.9;branch=z9\r\n"
        "f: sip:alice@example.test;x=1;tag=one\r\nt: Bob <sip:bob@example.test>;tag=two;y\r\ni: "
        "abc\r\n"
        "CSeq: 12 INVITE\r\nRequire: timer\r\nRequire: 100rel\r\nRSeq: 77\r\nP-Early-Media: "
        "sendrecv\r\n"
        "c: application/sdp\r\nContent-Disposition: session;handling=required\r\nl: "
        "5\r\n\r\nv=0\r\n",
        "PRACK sip:bob@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=b\r\nFrom: "
        "<sip:a@b>;tag=1\r\n"
        "To: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 2 PRACK\r\nRAck: 77 1 "
        "INVITE\r\nContent-Length: 0\r\n\r\n",
        "REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/WSS "
        "df7jal23ls0d.invalid;branch=z9hG4bK56sdasks\r\n"
        "From: sip:alice@example.test;tag=asdyka899\r\nTo: sip:alice@example.test\r\nCall-ID: "
        "asidkj3ss\r\n"
        "CSeq: 1 REGISTER\r\nContact: <sip:alice@df7jal23ls0d.invalid;transport=ws>;reg-id=1\r\n"
        "Supported: path, outbound\r\n\r\n",
        "SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK3\r\nFrom: "
        "<sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 2 INVITE\r\n"
        "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\nk: timer , 100REL\r\n"
        "x: 1800;refresher=uac\r\nReason: Q.850;cause=16\r\nRecord-Route: <sip:p;lr>\r\n"
        "Warning: 399 a \"b\"\r\n\r\n",
        "BYE sip:c@d SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK4\r\nFrom: "
        "<sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 3 BYE\r\n"
        "Max-Forwards: 70\r\nRoute: <sip:p;lr>\r\nProxy-Authorization: Digest "
        "nonce=\"n\"\r\n\r\n",
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
        "To: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n",
        // Values of more than 64 bytes, with what structures them on both sides of that place.
        "REGISTER sip:registrar-with-a-long-name.example-operator.test;transport=tcp;lr SIP/2.0\r\n"
        "Via: SIP/2.0/TCP host-with-a-long-name.example.test:5061;rport;alias;branch=z9hG4bK-of-"
        "a-stack-that-says-more-than-it-has-to-0123456789\r\nMax-Forwards: 70\r\n"
        "From: \"Somebody whose name is long; and whose title is longer\" "
        "<sip:somebody@example.test>;tag=one-of-those-long-tags-1234567890\r\n"
        "To: <sip:somebody-else-with-a-long-name@some-host-with-a-long-name.example.test>;x=1\r\n"
        "Call-ID: x\r\nCSeq: 2 REGISTER\r\nContact: <sip:somebody@192.0.2.1:5060;transport=tcp;"
        "ob>;+sip.instance=urn:uuid:00000000-0000-1000-8000-000A95A0E128;reg-id=1;expires=600;q=0.5"
        "\r\n\r\n",
    };
}

/// Places that two digests name differently; empty: they are the same.
std::string difference(const Digest &a, const Digest &b)
{
    std::string out;
    const auto text = [&](const char *name, std::string_view one, std::string_view two) {
        if (one != two || (!one.empty() && one.data() != two.data()))
            out +=
                std::string(name) + ": \"" + std::string(one) + "\" \"" + std::string(two) + "\" ";
    };
    const auto number = [&](const char *name, std::uint64_t one, std::uint64_t two) {
        if (one != two)
            out += std::string(name) + ": " + std::to_string(one) + " " + std::to_string(two) + " ";
    };
    text("Call-ID", a.callId, b.callId);
    text("From-tag", a.fromTag, b.fromTag);
    text("To-tag", a.toTag, b.toTag);
    text("branch", a.branch, b.branch);
    text("sent-by", a.sentBy, b.sentBy);
    number("CSeq", a.cseq, b.cseq);
    number("RSeq", a.rseq, b.rseq);
    number("status", a.status, b.status);
    number("method", static_cast<unsigned>(a.method), static_cast<unsigned>(b.method));
    number("Vias", a.viaCount, b.viaCount);
    number("reliable", a.reliable, b.reliable);
    number("SDP", a.hasSdp, b.hasSdp);
    number("early media", a.earlyMedia, b.earlyMedia);
    number("numbered", a.numbered, b.numbered);
    number("headers", a.headers, b.headers);
    return out;
}

TEST(Digest, readsPlainMessagesQuickly)
{
    for (const std::string &text : plain()) {
        Digest quick;
        ASSERT_TRUE(sip::readDigest(text, quick)) << text;
        const auto message = sip::parse(text);
        ASSERT_TRUE(message);
        EXPECT_EQ(difference(quick, sip::digestOf(*message)), "") << text;
        // Sure where it is flawless; those with a flaw here are plain enough to be told apart.
        EXPECT_EQ(quick.flawless, message->flaws.empty()) << text;
    }
    Digest invite;
    ASSERT_TRUE(sip::readDigest(plain()[0], invite));
    EXPECT_EQ(invite.viaCount, 2);
    EXPECT_TRUE(invite.hasSdp);
    Digest progress;
    ASSERT_TRUE(sip::readDigest(plain()[1], progress));
    EXPECT_TRUE(progress.reliable && progress.hasSdp && progress.earlyMedia);
}

TEST(Digest, readsAddressesOfAnyLength)
{
    for (const std::size_t length :
         {56U, 63U, 64U, 65U, 127U, 128U, 500U, 511U, 512U, 513U, 900U}) {
        const std::string text =
            "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a;x=" + std::string(length, 'x') +
            ";branch=z9hG4bK1\r\nFrom: <sip:" + std::string(length, 'a') +
            "@b>;tag=1\r\nTo: <sip:" + std::string(length - 22, 'c') +
            "@d>;tag=2;x=y\r\nCall-ID: x\r\nMax-Forwards: 70\r\n" + "CSeq: 2 OPTIONS\r\n\r\n";
        Digest quick;
        ASSERT_TRUE(sip::readDigest(text, quick)) << length;
        EXPECT_EQ(quick.branch, "z9hG4bK1") << length;
        EXPECT_EQ(quick.fromTag, "1") << length;
        EXPECT_EQ(quick.toTag, "2") << length;
        const auto message = sip::parse(text);
        ASSERT_TRUE(message);
        EXPECT_EQ(difference(quick, sip::digestOf(*message)), "") << length;
    }
}

TEST(Digest, marksTheHeadersThatAreSeldom)
{
    using sip::HeaderId;
    const auto messages = plain();
    const auto marks = [&](std::size_t index) {
        Digest out;
        EXPECT_TRUE(sip::readDigest(messages[index], out));
        return out.headers;
    };
    EXPECT_EQ(marks(0), sip::markOf(HeaderId::Contact) | sip::markOf(HeaderId::ContentType) |
                            sip::kTakes100rel); // Require: 100rel alone is no other extension
    EXPECT_EQ(marks(1), sip::markOf(HeaderId::Require) | sip::markOf(HeaderId::ContentType) |
                            sip::kTakes100rel);
    EXPECT_EQ(marks(3), sip::markOf(HeaderId::Contact) | sip::markOf(HeaderId::Supported));
    EXPECT_EQ(marks(4), sip::markOf(HeaderId::WwwAuthenticate) | sip::markOf(HeaderId::Supported) |
                            sip::markOf(HeaderId::SessionExpires) | sip::markOf(HeaderId::Reason) |
                            sip::markOf(HeaderId::RecordRoute) | sip::markOf(HeaderId::Warning) |
                            sip::kTakes100rel);
    EXPECT_EQ(marks(5), sip::markOf(HeaderId::Route) | sip::markOf(HeaderId::Authorization));
    EXPECT_EQ(marks(6), 0);
}

TEST(Digest, seesFlawsOfWhatItReads)
{
    const std::string good = plain()[0];
    Digest out;
    ASSERT_TRUE(sip::readDigest(good, out));
    EXPECT_TRUE(out.flawless);
    const std::array<std::pair<std::string, std::string>, 10> flaws{{
        {"Call-ID: abc@host\r\n", ""},
        {"CSeq: 1 INVITE", "CSeq: 1 OPTIONS"},
        {"CSeq: 1 INVITE", "CSeq: 3000000000 INVITE"},
        {"CSeq: 1 INVITE\r\n", "CSeq: 1 INVITE\r\nCSeq: 1 INVITE\r\n"},
        {"branch=z9hG4bK1", "branch=1"},
        {";tag=one", ""},
        {"Content-Length: ", "Content-Length: 9"},
        {"To: <sip:bob@example.test>", "To <sip:bob@example.test>"},
        {"Max-Forwards: ", "Max-Forwards: x"},
        {"Content-Length: ", "Content-Lengths: "},
    }};
    for (const auto &[from, to] : flaws) {
        std::string text = good;
        text.replace(text.find(from), from.size(), to);
        ASSERT_TRUE(sip::readDigest(text, out)) << text;
        EXPECT_EQ(out.flawless, to == "Content-Lengths: ") << text;
        EXPECT_EQ(sip::parse(text)->flaws.empty(), out.flawless) << text;
    }
}

TEST(Digest, declinesWhatIsNotPlain)
{
    const std::string head = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=b\r\n";
    const std::string rest =
        "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 2 OPTIONS\r\n";
    Digest out;
    ASSERT_TRUE(sip::readDigest(head + rest + "\r\n", out));
    for (const std::string &odd :
         {std::string("\r\n") + head + rest + "\r\n", head + rest,
          head + " folded\r\n" + rest + "\r\n", head + "Subject: a\nb\r\n" + rest + "\r\n",
          head + "Via: a, b\r\n" + rest + "\r\n", "STRANGE" + head.substr(7) + rest + "\r\n",
          std::string("no SIP at all, but long enough\r\n\r\n")})
        EXPECT_FALSE(sip::readDigest(odd, out)) << odd;
}

/// One to four places of it changed.
std::string damaged(std::string text, std::minstd_rand &random)
{
    constexpr std::array<std::string_view, 28> kBits{"\r\n",
                                                     "\n",
                                                     "\r",
                                                     " ",
                                                     "\t",
                                                     ";",
                                                     ",",
                                                     "<",
                                                     ">",
                                                     "\"",
                                                     ":",
                                                     "=",
                                                     "[",
                                                     "]",
                                                     "tag=",
                                                     ";tag=z",
                                                     "branch=",
                                                     "v: x\r\n",
                                                     "sip:",
                                                     "SIP/2.0/UDP ",
                                                     "0",
                                                     "9",
                                                     "\0z",
                                                     "100rel",
                                                     "l: 3\r\n",
                                                     "multipart/mixed",
                                                     "application/sdp",
                                                     "\\"};
    for (unsigned change = random() % 4 + 1; change > 0 && !text.empty(); --change) {
        const std::size_t at = random() % text.size();
        const std::string_view bit = kBits[random() % kBits.size()];
        switch (random() % 3) {
        case 0:
            text.insert(at, bit);
            break;
        case 1:
            text.erase(at, random() % 12 + 1);
            break;
        default:
            text.replace(at, std::min(bit.size(), text.size() - at), bit);
        }
    }
    return text;
}

TEST(Digest, neverDiffersFromTheParser)
{
    std::minstd_rand random(42); // the same damage in every run
    const auto texts = plain();
    std::size_t quick = 0, flawless = 0, flawed = 0;
    for (int round = 0; round < 40'000; ++round) {
        const std::string text = damaged(texts[random() % texts.size()], random);
        Digest digest;
        if (!sip::readDigest(text, digest))
            continue;
        ++quick;
        const auto message = sip::parse(text);
        ASSERT_TRUE(message) << text;
        ASSERT_EQ(difference(digest, sip::digestOf(*message)), "") << text;
        ASSERT_TRUE(!digest.flawless || message->flaws.empty())
            << sip::flawText(message->flaws.front().code) << " in " << text;
        flawless += digest.flawless ? 1 : 0;
        flawed += !digest.flawless && message->flaws.empty() ? 1 : 0;
        const auto read = sip::readMessage(text);
        ASSERT_TRUE(read) << text;
        ASSERT_EQ(difference(sip::digestOf(*read), sip::digestOf(*message)), "") << text;
        ASSERT_EQ(sip::sdpOf(text), message->sdp()) << text;
        if (digest.flawless && digest.hasSdp) { // who knows it need not look for its body
            ASSERT_EQ(text.substr(text.find("\r\n\r\n") + 4), message->sdp()) << text;
        }
    }
    EXPECT_GT(quick, 10'000U) << "the quick way is hardly taken: nothing was proven";
    EXPECT_GT(flawless, 1'000U);
    EXPECT_LT(flawed, flawless / 2) << "messages without a flaw are left to the parser";
}

TEST(Digest, ofACutMessageOnlyWholeLinesAreSure)
{
    const std::string head = "BYE sip:a SIP/2.0\r\nFrom: <sip:x>;tag=1\r\nCall-ID: one@host";
    EXPECT_EQ(sip::wholeLines(head), head.substr(0, head.find("Call-ID")));
    EXPECT_EQ(sip::wholeLines(head + "\r\n"), head + "\r\n");
    EXPECT_EQ(sip::wholeLines(head + "\r\n\r\nv=0\r\no=-"), head + "\r\n\r\nv=0\r\no=-");
    EXPECT_EQ(sip::wholeLines("BYE sip:a SI"), "BYE sip:a SI");
    EXPECT_EQ(sip::wholeLines(""), "");
    EXPECT_EQ(sip::wholeLines("\r\n\r\nBYE sip:a"), "\r\n\r\nBYE sip:a");
    EXPECT_EQ(sip::wholeLines("\r\n" + head), "\r\n" + head.substr(0, head.find("Call-ID")));
}

TEST(Digest, aMessageReadToItsPartiesNamesTheSame)
{
    using sip::HeaderId;
    std::minstd_rand random(7);
    const auto texts = plain();
    std::size_t shorter = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string text = damaged(texts[random() % texts.size()], random);
        if (round % 4 == 0) // a fold of what is wanted, and a name that stands twice
            text.insert(std::min(text.find("\r\nTo:"), text.size()),
                        "\r\n ;x=1\r\nFrom: <sip:z@z>");
        const auto whole = sip::readMessage(text);
        const auto part = sip::readBeginning(text, {HeaderId::From, HeaderId::To});
        ASSERT_EQ(whole.has_value(), part.has_value()) << text;
        if (!whole)
            continue;
        ASSERT_EQ(part->requestUri, whole->requestUri) << text;
        ASSERT_EQ(part->value(HeaderId::From), whole->value(HeaderId::From)) << text;
        ASSERT_EQ(part->value(HeaderId::To), whole->value(HeaderId::To)) << text;
        ASSERT_EQ(part->fromTag(), whole->fromTag()) << text;
        shorter += part->headers.size() < whole->headers.size() ? 1 : 0;
    }
    EXPECT_GT(shorter, 10'000U) << "the rest was read as well";
}

} // namespace
