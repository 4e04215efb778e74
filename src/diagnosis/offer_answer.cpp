// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/offer_answer.h>

#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/in_force.h>
#include <fmt/format.h>
#include <unordered_map>

namespace diagnosis {
namespace {

constexpr std::size_t kListed = 8;

/// What a=curr says of a status type ("local"): "none" when it says nothing.
std::string_view current(const sip::SdpMedia &media, std::string_view type)
{
    for (const auto attribute : media.attributes) {
        const auto words = base::split(attribute, ' ');
        if (words.size() >= 3 && base::equalsNoCase(words[0], "curr:qos") && words[1] == type)
            return words[2];
    }
    return "none";
}

/// RFC 4585's profiles but for the feedback: many answer them without it, and it works.
std::string_view withoutFeedback(std::string_view profile)
{
    if (!profile.empty() && (profile.back() == 'F' || profile.back() == 'f'))
        profile.remove_suffix(1);
    return profile;
}

bool meets(std::string_view current, std::string_view desired)
{
    return desired == "none" || current == "sendrecv" || current == desired;
}

} // namespace

namespace {

constexpr std::size_t kMostExchanges = 64;

bool offers(const calls::Transaction &transaction)
{
    return transaction.method == sip::Method::Invite || transaction.method == sip::Method::Update ||
           transaction.method == sip::Method::Prack;
}

/// The ACK of the same hop that belongs to a 2xx with an offer.
trace::RowId ackOf(const Evidence &evidence, const calls::Transaction &invite, trace::RowId answer)
{
    const auto &answered = evidence.trace.row(answer);
    for (const auto &transaction : evidence.call.transactions)
        if (transaction.method == sip::Method::Ack && transaction.cseq == invite.cseq &&
            transaction.pair == invite.pair && transaction.request.valid() &&
            evidence.trace.row(transaction.request).toTag == answered.toTag)
            return transaction.request;
    return {};
}

trace::RowId prackOf(const Evidence &evidence, trace::RowId response)
{
    for (const auto &dialog : evidence.call.earlyDialogs)
        for (const auto &reliable : dialog.reliables)
            if (reliable.response == response)
                return reliable.prack;
    return {};
}

void lateOffer(const Evidence &evidence, const calls::Transaction &invite,
               std::vector<Exchange> &out)
{
    for (const auto row : invite.responses) {
        const auto &response = evidence.trace.row(row);
        if (response.status <= 100 || response.status >= 300 || !hasSdp(evidence, row))
            continue;
        if (response.status < 200 && !response.reliable)
            continue; // no offer (RFC 6337 section 2.2): em-late-offer-unreliable-sdp
        const auto reply =
            response.status >= 200 ? ackOf(evidence, invite, row) : prackOf(evidence, row);
        if (reply.valid() && hasSdp(evidence, reply))
            out.push_back({row, reply});
        return; // later descriptions of this INVITE are no first offer
    }
}

} // namespace

bool lacksSdp(const Evidence &evidence, trace::RowId row)
{
    return row.valid() && evidence.trace.row(row).kind == trace::RowKind::Message &&
           !hasSdp(evidence, row);
}

namespace {

/// Descriptions in responses to INVITE that are no part of an exchange (in_force.h).
class Ignored
{
public:
    explicit Ignored(const Evidence &evidence) : m_evidence(evidence)
    {
        for (const auto &place : evidence.call.rows) {
            const auto &row = evidence.trace.row(place.row);
            if (place.earlyDialog != ~0U && row.hasSdp && row.status != 0 &&
                row.method == sip::Method::Invite)
                m_dialogs.emplace(place.row.value, place.earlyDialog);
        }
    }
    bool has(trace::RowId response) const
    {
        const auto place = m_dialogs.find(response.value);
        if (place == m_dialogs.end())
            return false;
        const auto &known = descriptions(m_evidence, place->second);
        return known.size() < kMostDescriptions &&
               std::none_of(known.begin(), known.end(),
                            [&](const Described &each) { return each.row == response; });
    }

private:
    const Evidence &m_evidence;
    std::unordered_map<std::uint32_t, std::uint32_t> m_dialogs; // by row
};

std::vector<Exchange> readExchanges(const Evidence &evidence)
{
    std::vector<Exchange> out;
    const Ignored ignored(evidence);
    for (const auto &transaction : evidence.call.transactions) {
        if (!offers(transaction) || !transaction.request.valid())
            continue;
        if (!hasSdp(evidence, transaction.request)) {
            if (transaction.method == sip::Method::Invite &&
                lacksSdp(evidence, transaction.request))
                lateOffer(evidence, transaction, out);
            continue;
        }
        // A PRACK with a description answers one, unless its 2xx has another (RFC 6337).
        for (const auto row : transaction.responses) {
            const int status = evidence.trace.row(row).status;
            if (status > 100 && status < 300 && hasSdp(evidence, row) && !ignored.has(row))
                out.push_back({transaction.request, row});
        }
        if (out.size() >= kMostExchanges)
            break;
    }
    out.resize(std::min(out.size(), kMostExchanges));
    return out;
}

} // namespace

const std::vector<Exchange> &exchanges(const Evidence &evidence)
{
    if (!evidence.exchanged) // many rules ask
        evidence.exchanged = std::make_shared<const std::vector<Exchange>>(readExchanges(evidence));
    return *evidence.exchanged;
}

std::string messageText(const Evidence &evidence, trace::RowId row)
{
    const auto &entry = evidence.trace.row(row);
    return entry.status != 0 ? fmt::format("{}", entry.status)
                             : std::string(sip::methodText(entry.method));
}

bool carriesSpeech(const sip::SdpFormat &format)
{
    const auto &name = format.map.encoding;
    return !base::equalsNoCase(name, "telephone-event") && !base::equalsNoCase(name, "CN") &&
           !base::equalsNoCase(name, "red");
}

bool sameCodec(const sip::SdpFormat &a, const sip::SdpFormat &b)
{
    if (a.map.encoding.empty() || b.map.encoding.empty())
        return a.text == b.text; // without a mapping only the number can be compared
    return base::equalsNoCase(a.map.encoding, b.map.encoding) && a.map.clock == b.map.clock;
}

bool shareCodec(const sip::SdpMedia &offer, const sip::SdpMedia &answer)
{
    return std::any_of(answer.formats.begin(), answer.formats.end(), [&](const sip::SdpFormat &a) {
        return carriesSpeech(a) &&
               std::any_of(offer.formats.begin(), offer.formats.end(),
                           [&](const sip::SdpFormat &o) { return sameCodec(o, a); });
    });
}

std::string speechCodecs(const sip::SdpMedia &audio)
{
    std::string text;
    std::size_t listed = 0;
    for (const auto &format : audio.formats) {
        if (!carriesSpeech(format))
            continue;
        if (++listed > kListed)
            return text + ", ...";
        const auto name = format.map.encoding.empty() ? format.text : format.map.encoding;
        text += (text.empty() ? "" : ", ") + shown(name);
    }
    return text.empty() ? "no speech codec" : text;
}

std::string whyUnacceptable(const sip::Sdp &offer, const sip::Sdp &answer)
{
    const auto *const offered = offer.audio(), *const answered = answer.audio();
    if (offered == nullptr || offered->port == 0)
        return {};
    if (answered == nullptr)
        return "no audio line answers the one that was offered";
    if (answered->port == 0)
        return "audio refused";
    if (!shareCodec(*offered, *answered))
        return fmt::format("{}, where {} was offered", speechCodecs(*answered),
                           speechCodecs(*offered));
    if (!base::equalsNoCase(withoutFeedback(offered->protocol),
                            withoutFeedback(answered->protocol)))
        return fmt::format("{}, where {} was offered", shown(answered->protocol),
                           shown(offered->protocol));
    return {};
}

std::string unmetPrecondition(const sip::SdpMedia &media, bool turned)
{
    const auto whose = [turned](std::string_view type) {
        if (!turned)
            return shown(type);
        return type == "local"    ? std::string("remote")
               : type == "remote" ? std::string("local")
                                  : shown(type);
    };
    for (const auto attribute : media.attributes) {
        if (!base::equalsNoCase(attribute.substr(0, 4), "des:"))
            continue;
        const auto words = base::split(attribute, ' ');
        if (words.size() < 4 || !base::equalsNoCase(words[0], "des:qos") || words[1] != "mandatory")
            continue;
        if (const auto now = current(media, words[2]); !meets(now, words[3]))
            return fmt::format("{} resources are {} and have to be {}", whose(words[2]), shown(now),
                               shown(words[3]));
    }
    return {};
}

} // namespace diagnosis
