// SPDX-License-Identifier: Apache-2.0
// Valid, however strange.
#pragma once

#include <support/torture.h>

namespace support::torture {

inline std::string tortuous()
{
    return "INVITE sip:erin@denver.test;odd-parameter SIP/2.0\r\n"
           "t :\r\n\t sip:erin@denver.test ;   tag\t =  t-77\r\n"
           "fRoM  :  \"Frank \\\\\\\"\"      <sip:frank@denver.test>\r\n   ;\r\n  tag = f-12\r\n"
           "mAX-forWARDS: 0051\r\ni: 0.99@203.0.113.9\r\nl   : 4\r\ncseq: 0031\r\n  INVITE\r\n"
           "V  : SIP  /   2.0\r\n /UDP\r\n    203.0.113.10;branch=z9hG4bKfirst\r\ns :\r\n"
           "Something-New:   its value\r\n goes on here\r\nStranger-Still: ;,;,,;;,;\r\n"
           "Route:\r\n <sip:edge.denver.test;lr;what=ever;kind=9>\r\n"
           "v:  SIP  / 2.0  / TCP     relay.denver.test   ;\r\n  branch  =   z9hG4bKsecond ,\r\n"
           " SIP  /    2.0   / UDP  10.20.30.40   ; branch=\r\n z9hG4bKthird\r\n"
           "m:\"Quoted \\\"text\\\" here\" <sip:frank@denver.test> ; fresh =\r\n      param ;\r\n"
           "  other ; q = 0.25\r\n\r\nabcd";
}

inline Draft multipart()
{
    Draft draft;
    draft.more = "Content-Type: multipart/mixed;boundary=\"cut here 7\"\r\n";
    draft.body = "a preamble to ignore\r\n--cut here 7\r\nContent-Type: application/sdp\r\n\r\n" +
                 offer() + "\r\n--cut here 7\r\nContent-Type: application/octet-stream\r\n\r\n" +
                 std::string("\x01\x02\0\x80\xFF", 5) + "\r\n--cut here 7--\r\nepilogue";
    return draft;
}

inline Draft longOne()
{
    Draft draft;
    const std::string much(700, 'x');
    draft.to = "To: \"" + std::string(400, 'n') + "\" <sip:" + much + "@chicago.test>";
    draft.from += ";" + std::string(300, 'p') + "=" + std::string(500, 'v');
    draft.callId = "Call-ID: " + much + "@" + much;
    draft.more =
        "Header-With-A-Name-That-Does-Not-End-" + std::string(200, 'h') + ": " + much + "\r\n";
    for (int i = 0; i < 40; ++i)
        draft.more += "Via: SIP/2.0/TCP hop" + std::to_string(i) + ".test;branch=z9hG4bK" +
                      std::to_string(i) + "\r\n";
    return draft;
}

inline Draft changed(Draft draft, std::string Draft::*piece, std::string with)
{
    draft.*piece = std::move(with);
    return draft;
}

inline std::vector<Case> valid4475()
{
    using D = Draft;
    const D plain;
    auto characters =
        of("!Odd-9_*+`.%~'", "sip:8_weird~user!(or)&not+at$all/,?;;*:pass=&word,!*$@denver.test");
    characters.to = "To: \"TAB:\\\t BEL:\\\x07 NUL:\\" + std::string(1, '\0') +
                    "\" <sip:1_odd~(user)@denver.test>";
    characters.more = "extension~Header!: \xEF\xBB\xBF\xE5\xA4\xA7\xE5\x81\x9C\xE9\x9B\xBB\r\n";
    auto escaped = of("REGISTER", "sip:sip%3Areg%40x%20y@chicago.test");
    escaped.contact = "Contact: <sip:cal%6Cer@host5.test;%6C%72;n%61me=v%61lue%25%34%31>";
    auto percent = of("RE%47IST%45R", "sip:registrar.chicago.test");
    percent.to = "To: \"%Z%45\" <sip:resource@chicago.test>";
    auto transports = of("OPTIONS", "sip:gail@chicago.test");
    transports.via = "Via: SIP/2.0/UDP t1.test;branch=z9hG4bKa\r\nVia: SIP/2.0/SCTP "
                     "t2.test;branch=z9hG4bKb\r\nVia: SIP/2.0/TLS t3.test;branch=z9hG4bKc\r\n"
                     "Via: SIP/2.0/CARRIERPIGEON t4.test;branch=z9hG4bKd\r\nVia: SIP/2.0/TCP "
                     "t5.test;branch=z9hG4bKe";
    auto extra = of("REGISTER", "sip:chicago.test");
    return {
        {"tortuous", "RFC 4475 3.1.1.1", tortuous(), {}},
        {"all characters", "RFC 4475 3.1.1.2", write(characters), {}},
        {"escapes in URIs", "RFC 4475 3.1.1.3", write(escaped), {}},
        {"escaped NUL",
         "RFC 4475 3.1.1.4",
         write(of("REGISTER", "sip:zero-%00-zero@chicago.test")),
         {}},
        {"percent that escapes nothing", "RFC 4475 3.1.1.5", write(percent), {}},
        {"no blank before the bracket",
         "RFC 4475 3.1.1.6",
         write(changed(plain, &D::from, "From: dan<sip:dan@boston.test>;tag=9")),
         {}},
        {"long values", "RFC 4475 3.1.1.7", write(longOne()), {}},
        {"bytes behind the message",
         "RFC 4475 3.1.1.8",
         write(extra) + write(of("INVITE", "sip:second@chicago.test")),
         {sip::FlawCode::ContentLengthTooShort}},
        {"semicolons in the user",
         "RFC 4475 3.1.1.9",
         write(of("OPTIONS", "sip:gail;par=u%40elsewhere.test@chicago.test")),
         {}},
        {"unknown transports", "RFC 4475 3.1.1.10", write(transports), {}},
        {"multipart", "RFC 4475 3.1.1.11", write(multipart()), {}},
        {"reason in another script",
         "RFC 4475 3.1.1.12",
         write(answer("SIP/2.0 200 = 2**3 * 5**2 \xD0\xBF\xD1\x80\xD0\xBE, \xE2\x98\x8E")),
         {}},
        {"no reason", "RFC 4475 3.1.1.13", write(answer("SIP/2.0 100 ")), {}},
    };
}

inline std::vector<Case> application4475()
{
    using D = Draft;
    const D plain;
    auto schemes = of("OPTIONS", "soap.beep://203.0.113.5:3002");
    auto unknown = of("OPTIONS", "nobody.has.this+scheme-1:what/ever?it=is");
    auto others = of("REGISTER", "sip:chicago.test");
    others.to = "To: <isbn:2983792873>";
    others.from = "From: <http://www.chicago.test>;tag=3234233";
    others.contact = "Contact: <name:Gail_Smith>";
    auto parameter = of("REGISTER", "sip:chicago.test");
    parameter.contact = "Contact: sip:+12025550101@gw.chicago.test;unknownparam";
    auto inUri = of("REGISTER", "sip:chicago.test");
    inUri.contact = "Contact: <sip:+12025550101@gw.chicago.test;unknownparam>";
    auto header = of("REGISTER", "sip:chicago.test");
    header.contact = "Contact: <sip:gail@chicago.test?Route=%3Csip:edge.chicago.test%3E>";
    auto credentials = of("REGISTER", "sip:chicago.test");
    credentials.more = "Authorization: NobodyKnowsThisScheme opaque-data=here\r\n";
    auto required = of("OPTIONS", "sip:gail@chicago.test");
    required.more = "Proxy-Require: noProxySupportsThis\r\nRequire: nothingSupportsThis\r\n";
    auto old = Draft();
    old.via = "Via: SIP/2.0/UDP iftgw.chicago.test";
    old.maxForwards.clear();
    old.contact.clear();
    old.from = "From: <sip:dan@boston.test>";
    old.length.clear();
    auto accepts = withOffer();
    accepts.more += "Accept: text/nobodyKnowsThis\r\n";
    auto type = of("INVITE", "sip:gail@chicago.test");
    type.more = "Content-Type: application/nobody-knows-this\r\n";
    type.body = "<what type=\"ever\"/>";
    auto broadcast = answer("SIP/2.0 200 OK");
    broadcast.via += "\r\nVia: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23";
    using C = sip::FlawCode;
    return {
        {"unknown scheme", "RFC 4475 3.3.2", write(unknown), {}},
        {"known scheme, not here", "RFC 4475 3.3.3", write(schemes), {}},
        {"other schemes in headers", "RFC 4475 3.3.4", write(others), {}},
        {"unknown extensions", "RFC 4475 3.3.5", write(required), {C::UnknownExtension}},
        {"unknown content", "RFC 4475 3.3.6", write(type), {}},
        {"unknown credentials", "RFC 4475 3.3.7", write(credentials), {}},
        {"broadcast Via", "RFC 4475 3.3.10", write(broadcast), {}},
        {"no hop left",
         "RFC 4475 3.3.11",
         write(changed(of("OPTIONS", "sip:gail@chicago.test"), &D::maxForwards, "Max-Forwards: 0")),
         {}},
        {"Contact with a parameter", "RFC 4475 3.3.12", write(parameter), {}},
        {"Contact with a URI parameter", "RFC 4475 3.3.13", write(inUri), {}},
        {"Contact with a header", "RFC 4475 3.3.14", write(header), {}},
        {"Accept of something else", "RFC 4475 3.3.15", write(accepts), {}},
        {"as RFC 2543 wrote it",
         "RFC 4475 3.4.1",
         write(old),
         {C::BranchWithoutCookie, C::MissingTag, C::MissingHeader}},
    };
}

inline std::vector<Case> valid5118()
{
    auto reference = of("REGISTER", "sip:[2001:db8::17]");
    reference.via = "Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3";
    reference.contact = "Contact: \"Caller\" <sip:caller@[2001:db8::1]>";
    auto received = of("BYE", "sip:[2001:db8::17]");
    received.via = "Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3";
    auto plain = of("OPTIONS", "sip:[2001:db8::17]");
    plain.via = "Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas";
    auto many = of("BYE", "sip:gail@[2001:db8::17]:5070");
    many.via = "Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111\r\nVia: SIP/2.0/TCP "
               "203.0.113.1;branch=z9hG4bK92";
    auto both = withOffer("IN IP6 2001:db8::9");
    both.body += "m=video 9002 RTP/AVP 31\r\nc=IN IP4 203.0.113.9\r\n";
    auto mapped = withOffer("IN IP6 ::ffff:203.0.113.10");
    mapped.contact = "Contact: <sip:dan@[::ffff:203.0.113.10]>";
    return {
        {"IPv6 reference", "RFC 5118 4.1", write(reference), {}},
        {"port swallowed by the address",
         "RFC 5118 4.3",
         write(of("REGISTER", "sip:[2001:db8::17:5070]")),
         {}},
        {"port outside of the brackets",
         "RFC 5118 4.4",
         write(of("REGISTER", "sip:[2001:db8::17]:5070")),
         {}},
        {"received in brackets", "RFC 5118 4.5", write(received), {}},
        {"received without brackets", "RFC 5118 4.5", write(plain), {}},
        {"IPv6 in SDP", "RFC 5118 4.6", write(withOffer("IN IP6 2001:db8::20")), {}},
        {"both families in headers", "RFC 5118 4.7", write(many), {}},
        {"both families in SDP", "RFC 5118 4.8", write(both), {}},
        {"IPv4 mapped", "RFC 5118 4.9", write(mapped), {}},
        {"IPv4 in the last bytes",
         "RFC 5118 4.10",
         write(of("OPTIONS", "sip:gail@[2001:db8::192.0.2.1]")),
         {}},
    };
}

inline std::vector<Case> valid()
{
    std::vector<Case> out = valid4475();
    for (auto part : {application4475(), valid5118()})
        out.insert(out.end(), part.begin(), part.end());
    return out;
}

} // namespace support::torture
