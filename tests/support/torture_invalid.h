// SPDX-License-Identifier: Apache-2.0
// Broken, each in its own way.
#pragma once

#include <support/torture.h>
#include <support/torture_valid.h>

namespace support::torture {

inline Case bad4475(std::string name, std::string section, std::string text,
                    std::vector<sip::FlawCode> flaws)
{
    return {std::move(name), "RFC 4475 " + section, std::move(text), std::move(flaws), false};
}

inline std::vector<Case> invalidLines()
{
    using D = Draft;
    using C = sip::FlawCode;
    const D plain;
    D separators = plain;
    separators.via = "Via: SIP/2.0/UDP 203.0.113.15;;,;,,";
    separators.contact = "Contact: \"Joe\" <sip:joe@boston.test>;;;;";
    D tooLong = withOffer();
    tooLong.length = "Content-Length: 9999";
    D negative = withOffer();
    negative.length = "Content-Length: -999";
    D scalars = of("REGISTER", "sip:chicago.test");
    scalars.cseq = "CSeq: 36893488147419103232 REGISTER";
    scalars.maxForwards = "Max-Forwards: 300";
    scalars.more = "Expires: 10000000000000000000000000000000000\r\n";
    scalars.contact = "Contact: <sip:joe@host.test>;expires=280297596632815";
    D answered = answer("SIP/2.0 503 Service Unavailable");
    answered.cseq = "CSeq: 9292394834772304023312 OPTIONS";
    answered.more = "Retry-After: 949302838503028349304023988\r\nWarning: 1812 overture \"A\"\r\n";
    D lonely = plain;
    lonely.first = "INVITE sip:carol@chicago.test; lr SIP/2.0";
    return {
        bad4475("separators too many", "3.1.2.1", write(separators), {C::BadParameter, C::BadVia}),
        bad4475("length beyond the end", "3.1.2.2", write(tooLong), {C::ContentLengthTooLong}),
        bad4475("negative length", "3.1.2.3", write(negative), {C::BadContentLength}),
        bad4475("large numbers of a request", "3.1.2.4", write(scalars),
                {C::BadCSeq, C::BadNumber}),
        bad4475("large numbers of a response", "3.1.2.5", write(answered),
                {C::BadCSeq, C::BadNumber}),
        bad4475("quote without end", "3.1.2.6",
                write(changed(plain, &D::to, "To: \"Mr. J. User <sip:j.user@chicago.test>")),
                {C::BadNameAddress}),
        bad4475("Request-URI in brackets", "3.1.2.7",
                write(of("INVITE", "<sip:carol@chicago.test>")), {C::BadUri}),
        bad4475("blank in the Request-URI", "3.1.2.8", write(lonely), {C::BadUri}),
        bad4475("two blanks in the first line", "3.1.2.9",
                write(changed(plain, &D::first, "INVITE  sip:carol@chicago.test  SIP/2.0")),
                {C::StartLine}),
        bad4475("blanks behind the first line", "3.1.2.10",
                write(changed(plain, &D::first, "INVITE sip:carol@chicago.test SIP/2.0  ")),
                {C::StartLine}),
    };
}

inline std::vector<Case> invalidValues()
{
    using D = Draft;
    using C = sip::FlawCode;
    const D plain;
    D date = plain;
    date.more = "Date: Fri, 01 Jan 2010 16:00:00 EST\r\n";
    D unenclosed = of("REGISTER", "sip:chicago.test");
    unenclosed.contact = "Contact: sip:joe@chicago.test?Route=%3Csip:edge.chicago.test%3E";
    return {
        bad4475("headers in the Request-URI", "3.1.2.11",
                write(of("INVITE", "sip:carol@chicago.test?Route=%3Csip:edge.test%3E")),
                {C::UriHeaders}),
        bad4475("date of another zone", "3.1.2.12", write(date), {C::BadDate}),
        bad4475("Contact needs brackets", "3.1.2.13", write(unenclosed), {C::BadNameAddress}),
        bad4475("blanks inside the brackets", "3.1.2.14",
                write(changed(plain, &D::to, "To: \"Watts, T\" < sip:t.watts@chicago.test >")),
                {C::BadUri}),
        bad4475(
            "name that needs quotes", "3.1.2.15",
            write(changed(plain, &D::from, "From:    Bell, Ann <sip:a.bell@boston.test>;tag=43")),
            {C::BadDisplayName}),
        bad4475("version of the future", "3.1.2.16",
                write(changed(plain, &D::first, "INVITE sip:carol@chicago.test SIP/7.0")),
                {C::BadVersion}),
        bad4475("CSeq of another method", "3.1.2.17",
                write(changed(plain, &D::cseq, "CSeq: 8 OPTIONS")), {C::CSeqMethodMismatch}),
        bad4475("CSeq of another method, both unknown", "3.1.2.18",
                write(changed(of("NEWMETHOD", "sip:carol@chicago.test"), &D::cseq,
                              "CSeq: 8 BETTERMETHOD")),
                {C::CSeqMethodMismatch}),
        bad4475("status beyond all", "3.1.2.19",
                write(answer("SIP/2.0 4294967301 better not break the receiver")),
                {C::BadStatusCode}),
        bad4475("branch without a value", "3.2.1",
                write(changed(plain, &D::via, "Via: SIP/2.0/UDP 203.0.113.105;branch=z9hG4bK")),
                {C::EmptyBranch}),
    };
}

inline std::vector<Case> invalidOthers()
{
    using D = Draft;
    using C = sip::FlawCode;
    const D plain;
    const auto bad = [](std::string name, std::string section, std::string text,
                        std::vector<C> flaws) {
        return Case{std::move(name), std::move(section), std::move(text), std::move(flaws), false};
    };
    D few = plain;
    few.from = few.to = few.callId = {};
    D many = plain;
    many.more = "CSeq: 8 INVITE\r\nCall-ID: 2@there\r\nTo: <sip:b@c.test>\r\nFrom: "
                "<sip:d@e.test>;tag=1\r\nMax-Forwards: 4\r\n";
    D lengths = plain;
    lengths.body = "six by";
    lengths.more = "Content-Type: text/plain\r\nContent-Length: 2\r\n";
    D quality = plain;
    quality.contact = "Contact: <sip:a@b.test>;q=1.5";
    D split = withOffer();
    split.length.clear();
    split.more =
        "Content-Type: application/sdp\r\nContent-Length: " + std::to_string(split.body.size()) +
        "\r\n\r\nSubject: too late\r\n";
    return {
        bad("required headers missing", "RFC 4475 3.3.1", write(few), {C::MissingHeader}),
        bad("several where one may be", "RFC 4475 3.3.8", write(many), {C::RepeatedHeader}),
        bad("two lengths", "RFC 4475 3.3.9", write(lengths), {C::RepeatedHeader}),
        bad("IPv6 without brackets", "RFC 5118 4.2", write(of("REGISTER", "sip:2001:db8::10")),
            {C::BadUri}),
        bad("three colons", "RFC 5118 4.10",
            write(of("OPTIONS", "sip:gail@[2001:db8:::192.0.2.1]")), {C::BadUri}),
        bad("empty line too early", "RFC 3261 7", write(split), {C::ContentLengthTooShort}),
        bad("a header without colon", "RFC 3261 7.3.1",
            write(changed(plain, &D::more, "This is no header\r\n")), {C::HeaderWithoutColon}),
        bad("a name that is no token", "RFC 3261 7.3.1",
            write(changed(plain, &D::more, "Odd Name: x\r\n")), {C::BadHeaderName}),
        bad("control character", "RFC 3261 25.1",
            write(changed(plain, &D::more, "Subject: ring\x07\r\n")), {C::ControlCharacter}),
        bad("not UTF-8", "RFC 3261 7.3.1", write(changed(plain, &D::more, "Subject: \xC3\x28\r\n")),
            {C::NotUtf8}),
        bad("quality above one", "RFC 3261 25.1", write(quality), {C::BadNumber}),
        bad("RSeq of zero", "RFC 3262 7.1", write(changed(plain, &D::more, "RSeq: 0\r\n")),
            {C::BadNumber}),
        bad("From without tag", "RFC 3261 8.1.1.3",
            write(changed(plain, &D::from, "From: <sip:dan@boston.test>")), {C::MissingTag}),
        bad("lower-case method in CSeq", "RFC 3261 8.1.1.5",
            write(changed(plain, &D::cseq, "CSeq: 8 invite")), {C::CSeqMethodMismatch}),
        bad("Via port beyond all", "RFC 3261 20.42",
            write(changed(plain, &D::via, "Via: SIP/2.0/UDP a.test:70000;branch=z9hG4bK1")),
            {C::BadVia}),
        bad("number as status", "RFC 3261 7.2", write(answer("SIP/2.0 99 Low")),
            {C::BadStatusCode}),
        bad("multipart without boundary", "RFC 2046 5.1.1",
            write(changed(multipart(), &D::more, "Content-Type: multipart/mixed\r\n")),
            {C::BadMultipart}),
    };
}

inline std::vector<Case> invalid()
{
    std::vector<Case> out = invalidLines();
    for (const auto &part : {invalidValues(), invalidOthers()})
        out.insert(out.end(), part.begin(), part.end());
    return out;
}

} // namespace support::torture
