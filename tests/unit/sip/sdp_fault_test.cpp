// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sip/sdp_fault.h>

namespace {

std::string faultOf(const std::string &connection, const std::string &media)
{
    const std::string text =
        "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n" + connection + "t=0 0\r\n" + media;
    return sip::audioFault(sip::parseSdp(text));
}

const std::string kHere = "c=IN IP4 192.0.2.1\r\n";

} // namespace

TEST(AudioFault, NothingIsWrongWithWhatIsLegal)
{
    EXPECT_EQ(faultOf(kHere, "m=audio 4000 RTP/AVP 0\r\n"), "");
    EXPECT_EQ(faultOf(kHere, "m=audio 4000/2 RTP/SAVP 0 x 101\r\n"), "");
    EXPECT_EQ(faultOf("", "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n"), "");
    EXPECT_EQ(faultOf(kHere, "m=audio 0 RTP/AVP 0\r\n"), "") << "refused, RFC 3264 section 6";
    EXPECT_EQ(faultOf(kHere, "m=video 4000 RTP/AVP 34\r\n"), "");
    EXPECT_EQ(faultOf("c=IN IP4 media.example.com\r\n", "m=audio 4000 RTP/AVP 0\r\n"), "");
    EXPECT_EQ(faultOf("c=PSTN E164 +35812345\r\n", "m=audio 9 PSTN -\r\n"), "") << "RFC 7195";
    EXPECT_EQ(faultOf("c=IN IP4 0.0.0.0\r\n", "m=audio 4000 RTP/AVP 0\r\n"), "") << "on hold";
}

TEST(AudioFault, NamesWhatCannotBeUsed)
{
    EXPECT_NE(faultOf(kHere, "m=audio -7 RTP/AVP 0\r\n").find("\"-7\""), std::string::npos);
    EXPECT_NE(faultOf(kHere, "m=audio 99999999 RTP/AVP 0\r\n").find("\"99999999\""),
              std::string::npos);
    EXPECT_NE(faultOf(kHere, "m=audio 4000 RTP/AVP abc\r\n").find("\"abc\""), std::string::npos);
    EXPECT_NE(faultOf(kHere, "m=audio 4000 RTP/AVP\r\n").find("no payload type"),
              std::string::npos);
    EXPECT_NE(faultOf("", "m=audio 4000 RTP/AVP 0\r\n").find("no c= line"), std::string::npos);
    EXPECT_NE(faultOf("c=IN IP4 999.1.2.3\r\n", "m=audio 4000 RTP/AVP 0\r\n").find("999.1.2.3"),
              std::string::npos);
    EXPECT_NE(faultOf(kHere, "").find("no m= line"), std::string::npos);
    EXPECT_NE(sip::audioFault(sip::parseSdp("\x01\x02 nothing of the kind")).find("is no session"),
              std::string::npos);
    EXPECT_NE(faultOf(kHere, "m=aud").find("m="), std::string::npos);
}

TEST(AudioLimit, IsAHostThatWouldHaveToBeLookedUp)
{
    const auto limitOf = [](const std::string &connection) {
        const std::string text = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 " +
                                 connection + "\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
        return sip::audioLimit(sip::parseSdp(text));
    };
    EXPECT_NE(limitOf("media.example.com").find("media.example.com"), std::string::npos);
    EXPECT_EQ(limitOf("192.0.2.1"), "");
}
