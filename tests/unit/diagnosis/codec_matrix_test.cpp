// SPDX-License-Identifier: Apache-2.0
// What was offered, answered and sent, codec by codec.
#include <diagnosis/codec_matrix.h>

#include "folded.h"

namespace {

/// "PCMU/8000 0|0|10x0|50x0; ...": offered, answered, sent, received; "!" where it is foreign.
std::string told(const diagnosis::CodecMatrix &matrix)
{
    const auto named = [](const diagnosis::CodecLine::Named &each) {
        return each.there
                   ? fmt::format("{}{}", each.payloadType, each.fmtp.empty() ? "" : " " + each.fmtp)
                   : std::string("-");
    };
    const auto traffic = [](const diagnosis::CodecLine::Traffic &each) {
        std::string out = each.packets == 0 ? "-" : fmt::format("{}x", each.packets);
        for (const int type : each.payloadTypes)
            out += std::to_string(type);
        return out + (each.foreign > 0 ? fmt::format("!{}", each.foreign) : "");
    };
    std::string out;
    for (const auto &line : matrix.lines)
        out += fmt::format("{}{} {}|{}|{}|{}", out.empty() ? "" : "; ", line.codec,
                           named(line.offered), named(line.answered), traffic(line.sent),
                           traffic(line.received));
    return out;
}

TEST(CodecMatrix, NamesWhatWasOfferedAnsweredSentAndReceived)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE sdp=0,8,101 event=101 "a=fmtp:101 0-15"
      0.20 bob>alice 183 tag=b sdp=8,101 event=101 "a=fmtp:101 0-11"
      0.30 bob>alice rtp 50 pt=8
      0.40 alice>bob rtp 20 pt=8
      2.00 bob>alice 200 tag=b sdp=8,101 event=101 "a=fmtp:101 0-11"
      2.05 alice>bob ACK tag=b
    )");
    const auto matrices = diagnosis::codecMatrices(folded.evidence(), 0);
    ASSERT_EQ(matrices.size(), 1U) << "183 and 200 answer the same offer";
    EXPECT_EQ(told(matrices[0]), "PCMU/8000 0|-|-|-; PCMA/8000 8|8|20x8|50x8; "
                                 "telephone-event/8000 101 0-15|101 0-11|-|-");
    EXPECT_EQ(matrices[0].kind, "audio");
    EXPECT_TRUE(matrices[0].byCaller);
    EXPECT_NE(matrices[0].offered.find("RTP/AVP, sendrecv"), std::string::npos);
    EXPECT_EQ(folded.evidence().trace.row(matrices[0].answer).status, 200);
}

TEST(CodecMatrix, WhatWasSentWithoutBeingNegotiatedIsMarked)
{
    const support::Folded neverAsked(R"(
      0.00 alice>bob INVITE sdp=0,8
      0.20 bob>alice 183 tag=b sdp=8
      0.30 bob>alice rtp 60 pt=18
      2.00 bob>alice 200 tag=b sdp=8
    )");
    EXPECT_EQ(told(diagnosis::codecMatrices(neverAsked.evidence(), 0).at(0)),
              "PCMU/8000 0|-|-|-; PCMA/8000 8|8|-|-; G729/8000 -|-|-|60x18!60");
    const support::Folded notAnswered(R"(
      0.00 alice>bob INVITE sdp=0,8
      0.20 bob>alice 183 tag=b sdp=8
      0.30 bob>alice rtp 60 pt=0
      2.00 bob>alice 200 tag=b sdp=8
    )");
    EXPECT_EQ(told(diagnosis::codecMatrices(notAnswered.evidence(), 0).at(0)),
              "PCMU/8000 0|-|-|60x0!60; PCMA/8000 8|8|-|-");
}

TEST(CodecMatrix, ALaterOfferHasATableOfItsOwnWithItsOwnPackets)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE sdp=0,8
      0.20 bob>alice 200 tag=b sdp=0
      0.25 alice>bob ACK tag=b
      0.30 bob>alice rtp 20 pt=0
      3.00 alice>bob INVITE tag=b cseq=2 sdp=8
      3.10 bob>alice 200 tag=b sdp=8
      3.15 alice>bob ACK tag=b cseq=2
      3.20 bob>alice rtp 30 pt=8 ssrc=77
    )");
    const auto matrices = diagnosis::codecMatrices(folded.evidence(), 0);
    ASSERT_EQ(matrices.size(), 2U);
    EXPECT_EQ(told(matrices[0]), "PCMU/8000 0|0|-|20x0; PCMA/8000 8|-|-|-");
    EXPECT_EQ(told(matrices[1]), "PCMA/8000 8|8|-|30x8");
}

TEST(CodecMatrix, ARefusedLineAndAnOfferWithoutAnswerSaySo)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE sdp=0 "m=video 4002 RTP/AVP 97"
      0.20 bob>alice 183 tag=b sdp=0 "m=video 0 RTP/AVP 97"
    )");
    const auto matrices = diagnosis::codecMatrices(folded.evidence(), 0);
    ASSERT_EQ(matrices.size(), 2U);
    EXPECT_EQ(matrices[1].kind, "video");
    EXPECT_EQ(matrices[1].answered, "refused");
    EXPECT_EQ(told(matrices[1]), "type 97 97|-|-|-");
    const support::Folded alone(R"(
      0.00 alice>bob INVITE sdp=0
      0.20 bob>alice 180 tag=b
    )");
    const auto pending = diagnosis::codecMatrices(alone.evidence(), 0);
    ASSERT_EQ(pending.size(), 1U);
    EXPECT_FALSE(pending[0].answer.valid());
    EXPECT_EQ(told(pending[0]), "PCMU/8000 0|-|-|-");
}

TEST(AnswerChanges, TheAnswersOfOneOfferAreToldApartInWords)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b sdp=0@bob:5000
      2.00 bob>alice 200 tag=b sdp=8@bob:5100
    )");
    const auto evidence = folded.evidence();
    const auto changes = diagnosis::answerChanges(evidence, 0);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_GE(changes[0].differences.size(), 2U);
    const auto text = diagnosis::changeText(evidence, changes[0]);
    EXPECT_TRUE(text.starts_with("The SDP in 200 differs from the one in 183: ")) << text;
    EXPECT_NE(text.find("5100"), std::string::npos) << text;
    const support::Folded same(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b sdp=0@bob:5000
      2.00 bob>alice 200 tag=b sdp=0@bob:5000
    )");
    ASSERT_EQ(diagnosis::answerChanges(same.evidence(), 0).size(), 1U);
    EXPECT_EQ(
        diagnosis::changeText(same.evidence(), diagnosis::answerChanges(same.evidence(), 0)[0]),
        "The SDP in 200 means the same as the one in 183.");
}

} // namespace
