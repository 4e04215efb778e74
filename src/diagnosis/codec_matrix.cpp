// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/codec_matrix.h>

#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/in_force.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/payloads.h>
#include <fmt/format.h>
#include <rtp/voice.h>

namespace diagnosis {
namespace {

constexpr std::size_t kMostMatrices = 32, kMostLines = 64;

std::string codecOf(const sip::SdpFormat &format)
{
    if (format.map.encoding.empty())
        return format.payloadType >= 0 ? fmt::format("type {}", format.payloadType)
                                       : shown(format.text);
    std::string out = shown(format.map.encoding);
    if (format.map.clock != 0)
        out += fmt::format("/{}", format.map.clock);
    if (format.map.channels > 1)
        out += fmt::format("/{}", format.map.channels);
    return out;
}

CodecLine::Named namedBy(const sip::SdpFormat &format)
{
    return {true, format.payloadType, shown(format.fmtp)};
}

std::string lineText(const sip::SdpMedia &media)
{
    if (media.port == 0)
        return "refused";
    const auto endpoint = media.endpoint();
    return fmt::format("{}, {}, {}",
                       endpoint ? endpoint->text()
                                : fmt::format("{} port {}", shown(media.connection), media.port),
                       shown(media.protocol), sip::directionText(media.direction));
}

/// An offer on one hop with its newest answer, and the time in which its outcome held.
struct Pair {
    trace::RowId offer, answer;
    bool byCaller = true;
    sip::Method method = sip::Method::Unknown;
    std::uint32_t cseq = 0;
    base::Instant from, until; // unknown: from the beginning, to the end
    bool sameExchange(const Pair &other) const
    {
        return method == other.method && cseq == other.cseq && byCaller == other.byCaller;
    }
};

/// A proxy that passes the descriptions on as they are tells nothing new.
bool saysTheSame(const Evidence &evidence, const Pair &a, const Pair &b)
{
    const auto same = [&](trace::RowId one, trace::RowId other) {
        return one.valid() == other.valid() &&
               (!one.valid() || evidence.sdp(one).text == evidence.sdp(other).text);
    };
    return a.sameExchange(b) && same(a.offer, b.offer) && same(a.answer, b.answer);
}

/// An answer in 183 and the one in 200 are one pair: the newest stands.
std::vector<Pair> pairsOf(const Evidence &evidence, std::uint32_t dialog)
{
    std::vector<Pair> all, out;
    for (const Described &each : descriptions(evidence, dialog)) {
        const trace::RowId offer = each.answers ? each.offer : each.row;
        const auto known = std::find_if(all.begin(), all.end(), [&](const Pair &pair) {
            return offer.valid() && pair.offer == offer;
        });
        if (known == all.end())
            all.push_back({offer,
                           each.answers ? each.row : trace::RowId{},
                           each.answers != each.byCaller,
                           each.method,
                           each.cseq,
                           each.from,
                           {}});
        else if (each.answers)
            known->answer = each.row;
    }
    for (const Pair &pair : all)
        if (std::none_of(out.begin(), out.end(),
                         [&](const Pair &other) { return saysTheSame(evidence, other, pair); }))
            out.push_back(pair);
    for (std::size_t i = out.size(); i-- > 0;) {
        const auto next =
            std::find_if(out.begin() + static_cast<std::ptrdiff_t>(i), out.end(),
                         [&](const Pair &later) { return !later.sameExchange(out[i]); });
        if (next != out.end())
            out[i].until = next->from;
        if (out[i].sameExchange(out.front()))
            out[i].from = {};
    }
    return out;
}

class Maker
{
public:
    Maker(const Evidence &evidence, std::uint32_t dialog, const Pair &pair)
        : m_evidence(evidence), m_dialog(dialog), m_pair(pair),
          m_offer(pair.offer.valid() ? &evidence.sdp(pair.offer) : nullptr),
          m_answer(pair.answer.valid() ? &evidence.sdp(pair.answer) : nullptr)
    {
    }
    void describe()
    {
        const std::size_t count = std::max(m_offer != nullptr ? m_offer->media.size() : 0,
                                           m_answer != nullptr ? m_answer->media.size() : 0);
        for (std::size_t i = 0; i < std::min(count, kMostMatrices); ++i)
            describe(i);
    }
    /// One of its descriptions names an end of the stream.
    bool names(const BoundStream &bound) const { return placeOf(bound) < m_out.size(); }
    std::vector<CodecMatrix> take() { return std::move(m_out); }
    void count(const BoundStream &bound);

private:
    const sip::SdpMedia *mediaOf(const sip::Sdp *sdp, std::size_t index) const
    {
        return sdp != nullptr && index < sdp->media.size() ? &sdp->media[index] : nullptr;
    }
    void describe(std::size_t index)
    {
        const auto *const offer = mediaOf(m_offer, index), *const answer = mediaOf(m_answer, index);
        CodecMatrix matrix;
        matrix.dialog = m_dialog;
        matrix.media = index;
        matrix.kind = shown((offer != nullptr ? offer : answer)->type);
        matrix.byCaller = m_pair.byCaller;
        matrix.offer = m_pair.offer;
        matrix.answer = m_pair.answer;
        matrix.offered = offer != nullptr ? lineText(*offer) : std::string();
        matrix.answered = answer != nullptr ? lineText(*answer) : std::string();
        if (offer != nullptr)
            for (const sip::SdpFormat &format : offer->formats)
                if (matrix.lines.size() < kMostLines)
                    matrix.lines.push_back({codecOf(format), namedBy(format), {}, {}, {}});
        if (answer != nullptr && answer->port != 0)
            for (const sip::SdpFormat &format : answer->formats)
                place(matrix, offer, format);
        m_out.push_back(std::move(matrix));
    }

    /// An answer's format beside the offer's that is the same codec.
    void place(CodecMatrix &matrix, const sip::SdpMedia *offer, const sip::SdpFormat &format)
    {
        for (std::size_t i = 0; offer != nullptr && i < offer->formats.size() && i < kMostLines;
             ++i)
            if (sameCodec(offer->formats[i], format) && !matrix.lines[i].answered.there) {
                matrix.lines[i].answered = namedBy(format);
                return;
            }
        if (matrix.lines.size() < kMostLines)
            matrix.lines.push_back({codecOf(format), {}, namedBy(format), {}, {}});
    }

    /// The m= line that names the stream's receiver, or its sender; ~0: none does.
    std::size_t placeOf(const BoundStream &bound) const
    {
        const auto at = [&](bool caller, const base::Endpoint &place) {
            const sip::Sdp *const sdp = caller == m_pair.byCaller ? m_offer : m_answer;
            for (std::size_t i = 0; sdp != nullptr && i < sdp->media.size(); ++i)
                if (const auto named = sdp->media[i].endpoint(); named && *named == place)
                    return i;
            return std::size_t{~0U};
        };
        const std::size_t receiver = at(bound.towardsCaller, bound.stream->destination);
        return receiver < m_out.size() ? receiver : at(!bound.towardsCaller, bound.stream->source);
    }
    /// The same; the first that is used where none names it.
    CodecMatrix *matrixOf(const BoundStream &bound)
    {
        if (const std::size_t at = placeOf(bound); at < m_out.size())
            return &m_out[at];
        for (CodecMatrix &matrix : m_out)
            if (matrix.offered != "refused" && matrix.answered != "refused")
                return &matrix;
        return m_out.empty() ? nullptr : &m_out.front();
    }

    CodecLine &lineOf(CodecMatrix &matrix, bool towardsCaller, int type, std::uint8_t number)
    {
        // A sender uses the numbers of its receiver (RFC 3264 section 5.1), or else its own.
        const bool offererReceives = towardsCaller == matrix.byCaller;
        for (const bool receiver : {true, false})
            for (CodecLine &line : matrix.lines) {
                const auto &named = offererReceives == receiver ? line.offered : line.answered;
                if (named.there && named.payloadType == type)
                    return line;
            }
        const auto voice = rtp::staticVoice(number);
        const std::string codec = voice ? fmt::format("{}/{}", voice->encoding, voice->clock)
                                        : fmt::format("type {}", type);
        const auto known = std::find_if(matrix.lines.begin(), matrix.lines.end(),
                                        [&](const CodecLine &line) { return line.codec == codec; });
        if (known != matrix.lines.end() || matrix.lines.size() >= kMostLines)
            return known != matrix.lines.end() ? *known : matrix.lines.back();
        matrix.lines.push_back({codec, {}, {}, {}, {}});
        return matrix.lines.back();
    }

    const Evidence &m_evidence;
    std::uint32_t m_dialog;
    const Pair &m_pair;
    const sip::Sdp *m_offer, *m_answer;
    std::vector<CodecMatrix> m_out;
};

void Maker::count(const BoundStream &bound)
{
    CodecMatrix *const matrix = matrixOf(bound);
    if (matrix == nullptr)
        return;
    const base::Instant end = m_evidence.now + base::Duration{1};
    const base::Instant until = m_pair.until.known() ? m_pair.until : end;
    for (const Payload &payload : payloadsBefore(m_evidence, bound, until)) {
        const auto before =
            m_pair.from.known() ? bound.stream->arrivedBefore(m_pair.from, payload.type) : 0;
        if (payload.packets <= before)
            continue;
        CodecLine &line = lineOf(*matrix, bound.towardsCaller, payload.type, payload.type);
        CodecLine::Traffic &traffic = bound.towardsCaller ? line.received : line.sent;
        // Asked for by its receiver, it also has to be in the sender's own description (RFC 3264
        // section 6.1); comfort noise comes unasked from so many that it tells nothing.
        const std::uint64_t came = payload.packets - before;
        traffic.packets += came;
        const bool unanswered = payload.unanswered && !base::equalsNoCase(payload.codec, "CN");
        traffic.foreign += unanswered ? came : std::min(payload.foreign, came);
        auto &types = traffic.payloadTypes;
        const auto at = std::lower_bound(types.begin(), types.end(), int{payload.type});
        if (at == types.end() || *at != payload.type)
            types.insert(at, payload.type);
    }
}

/// Streams of the early dialog, and those to the callee that are of none.
bool belongs(const BoundStream &bound, std::uint32_t dialog)
{
    return bound.stream && bound.stream->packets > 0 && !bound.astray &&
           (bound.earlyDialog == dialog || (!bound.towardsCaller && bound.earlyDialog == ~0U));
}

} // namespace

std::vector<CodecMatrix> codecMatrices(const Evidence &evidence, std::uint32_t earlyDialog)
{
    const std::vector<Pair> pairs = pairsOf(evidence, earlyDialog);
    std::vector<Maker> makers;
    for (const Pair &pair : pairs)
        makers.emplace_back(evidence, earlyDialog, pair).describe();
    // On several hops an exchange has several descriptions: a stream counts for the one that names
    // it, or else for the first.
    for (std::size_t first = 0; first < makers.size();) {
        std::size_t end = first + 1;
        while (end < makers.size() && pairs[end].sameExchange(pairs[first]))
            ++end;
        for (const BoundStream &bound : evidence.streams) {
            if (!belongs(bound, earlyDialog))
                continue;
            std::size_t at = first;
            while (at < end && !makers[at].names(bound))
                ++at;
            makers[at < end ? at : first].count(bound);
        }
        first = end;
    }
    std::vector<CodecMatrix> out;
    for (Maker &maker : makers)
        for (CodecMatrix &matrix : maker.take())
            if (out.size() < kMostMatrices)
                out.push_back(std::move(matrix));
    return out;
}

std::vector<AnswerChange> answerChanges(const Evidence &evidence, std::uint32_t earlyDialog)
{
    std::vector<AnswerChange> out;
    trace::RowId offer, before;
    for (const Described &each : descriptions(evidence, earlyDialog)) {
        if (!each.answers || !each.offer.valid() || each.method != sip::Method::Invite)
            continue;
        if (each.offer == offer && out.size() < kMostMatrices)
            out.push_back({before, each.row,
                           sip::mediaDifferences(evidence.sdp(before), evidence.sdp(each.row))});
        offer = each.offer;
        before = each.row;
    }
    return out;
}

std::string changeText(const Evidence &evidence, const AnswerChange &change)
{
    const std::string after = messageText(evidence, change.after),
                      before = messageText(evidence, change.before);
    if (change.differences.empty())
        return fmt::format("The SDP in {} means the same as the one in {}.", after, before);
    std::string list;
    for (const std::string &difference : change.differences)
        list += (list.empty() ? "" : "; ") + shown(difference);
    return fmt::format("The SDP in {} differs from the one in {}: {}.", after, before, list);
}

} // namespace diagnosis
