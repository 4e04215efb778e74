// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/evidence.h>

#include <algorithm>
#include <base/text.h>
#include <bit>
#include <diagnosis/cut_through.h>
#include <diagnosis/later_streams.h>
#include <sip/digest.h>
#include <unordered_map>
#include <unordered_set>

namespace diagnosis {
namespace {

constexpr std::uint32_t kNobody = ~0U;
// Of one call: SDP bodies that are read, m-lines of one, candidates of one, SSRCs, streams.
constexpr std::size_t kMostDescriptions = 256, kMostMedia = 8, kMostCandidates = 16;
constexpr std::size_t kMostSenders = 256, kMostStreams = 512;
// A callee sends its 200 and its first RTP in one go, and the network or the capture may swap them:
// one packet's time of voice before the answer is no early media.
constexpr auto kOvertaking = std::chrono::milliseconds(20);
constexpr auto kAfterwards = std::chrono::seconds(5); // media may run on behind the BYE

struct Place { // an address somebody named in SDP
    base::Endpoint endpoint;
    bool callee = false;
    std::uint32_t dialog = kNobody;
    base::Instant time;
    base::Address from, to; // of the message that names it
    bool checked = false;   // by ICE: packets may come from and go to places that nobody named
    bool own = true;        // of the caller: as he sent it, not as somebody on the way handed it on
};

class Places
{
public:
    Places(const calls::Call &call, const trace::Trace &trace);
    bool empty() const { return m_places.empty(); }
    /// Of a stream towards the caller: it misses the place where he listens.
    bool astray(const BoundStream &bound) const;
    /// Of a stream towards the caller: it ends at a relay on the way. Only where media at the
    /// caller's end is in view, so that what the relay sends on would be seen.
    bool relayed(const BoundStream &bound,
                 std::span<const std::shared_ptr<const rtp::Stream>> streams) const;
    std::optional<BoundStream> place(const std::shared_ptr<const rtp::Stream> &stream) const;
    /// Streams in order of time: of those that come from one place which several early dialogs
    /// named, each goes to the newest dialog that has none yet, else to the newest.
    void shareOut(std::vector<BoundStream> &bound) const;

private:
    struct Choice {
        std::uint32_t dialog = kNobody;
        std::size_t candidates = 0;
        std::uint64_t mask = 0; // of dialogs that are there while it comes, before the answer
    };
    struct Named {
        bool byCaller = false, byCallee = false;
        std::vector<std::uint32_t> places;
    };
    struct Sender { // an SSRC somebody announced (RFC 5576)
        std::uint32_t ssrc = 0;
        bool callee = false;
        std::uint32_t dialog = kNobody;
    };
    void read(const calls::CallRow &row, const trace::Trace &trace);
    bool byOriginator(const calls::CallRow &row, const trace::Trace &trace) const;
    void add(Place place, const base::Endpoint &endpoint);
    void addSender(std::string_view attribute, bool callee, std::uint32_t dialog);
    const Sender *sender(std::uint32_t ssrc) const;
    bool names(const base::Endpoint &endpoint, bool callee) const;
    template <class Matches> Choice choose(const rtp::Stream &stream, Matches matches) const;
    void attribute(BoundStream &bound, const base::Endpoint &calleeEnd) const;

    const calls::Call &m_call;
    std::vector<Place> m_places; // in order of time
    std::unordered_map<base::Endpoint, Named> m_named;
    std::unordered_set<std::string> m_calleeTags;
    std::vector<Sender> m_senders;
    std::string m_originator; // sent-by of the first INVITE
    bool m_stands = true;     // the trace begins within the dialog: no INVITE in it makes one
};

Places::Places(const calls::Call &call, const trace::Trace &trace) : m_call(call)
{
    for (const auto &dialog : call.earlyDialogs)
        if (!dialog.toTag.empty())
            m_calleeTags.insert(dialog.toTag);
    for (const auto &row : call.rows)
        if (row.row == call.invite && row.transaction < call.transactions.size())
            m_originator = call.transactions[row.transaction].sentBy;
    for (const auto &transaction : call.transactions)
        m_stands = m_stands && (transaction.method != sip::Method::Invite || transaction.inDialog);
    std::size_t descriptions = 0;
    for (const auto &row : call.rows) {
        const auto &entry = trace.row(row.row);
        if (row.original.valid() || entry.kind != trace::RowKind::Message || !entry.hasSdp)
            continue;
        read(row, trace);
        if (++descriptions == kMostDescriptions)
            break;
    }
}

void Places::read(const calls::CallRow &row, const trace::Trace &trace)
{
    const std::string_view text = sip::sdpOf(trace.text(row.row));
    if (text.empty())
        return;
    const auto &entry = trace.row(row.row);
    const bool requestByCallee = m_calleeTags.count(std::string(trace.tag(entry.fromTag))) != 0;
    const bool callee = (entry.status == 0) == requestByCallee;
    auto dialog = callee ? row.earlyDialog : kNobody;
    if (callee && dialog == kNobody) {
        const auto tag = trace.tag(entry.status == 0 ? entry.fromTag : entry.toTag);
        for (std::uint32_t i = 0; i < m_call.earlyDialogs.size(); ++i)
            if (m_call.earlyDialogs[i].toTag == tag)
                dialog = i;
    }
    const auto sdp = sip::parseSdp(text);
    Place place{{},
                callee,
                dialog,
                entry.time,
                trace.source(row.row).address,
                trace.destination(row.row).address};
    place.own = callee || byOriginator(row, trace);
    place.checked = text.find("a=ice-ufrag") != std::string_view::npos ||
                    text.find("a=candidate") != std::string_view::npos;
    std::size_t taken = 0;
    for (const auto &media : sdp.media) {
        if (taken++ == kMostMedia)
            break;
        if (const auto endpoint = media.endpoint())
            add(place, *endpoint);
        std::size_t candidates = 0;
        for (const auto attribute : media.attributes) {
            const auto endpoint = sip::candidateEndpoint(attribute);
            if (endpoint && candidates++ < kMostCandidates)
                add(place, *endpoint);
            addSender(attribute, callee, dialog);
        }
    }
}

/// Of what the caller says: at the first hop in view.
bool Places::byOriginator(const calls::CallRow &row, const trace::Trace &trace) const
{
    if (!m_call.invite.valid() || m_originator.empty())
        return true;
    if (trace.row(row.row).status == 0)
        return row.transaction >= m_call.transactions.size() ||
               m_call.transactions[row.transaction].sentBy == m_originator;
    return trace.source(row.row).address == trace.source(m_call.invite).address;
}

void Places::add(Place place, const base::Endpoint &endpoint)
{
    place.endpoint = endpoint;
    auto &named = m_named[place.endpoint];
    (place.callee ? named.byCallee : named.byCaller) = true;
    const auto known = std::find_if(named.places.begin(), named.places.end(), [&](std::uint32_t i) {
        return m_places[i].callee == place.callee && m_places[i].dialog == place.dialog;
    });
    if (known != named.places.end()) {
        m_places[*known].own = m_places[*known].own || place.own;
        return;
    }
    named.places.push_back(static_cast<std::uint32_t>(m_places.size()));
    m_places.push_back(place);
}

/// The sender has been told the right place: by a message that came straight from the socket's host
/// (no NAT), and that either names another port of the host which the stream goes to or went to the
/// very host which the stream comes from (no relay). Of our own sockets the address is certain.
bool Places::astray(const BoundStream &bound) const
{
    const rtp::Stream &stream = *bound.stream;
    if (!bound.towardsCaller || !bound.early || stream.first < m_call.first ||
        names(stream.destination, false) || names(stream.destination, true))
        return false;
    bool told = false;
    for (const Place &place : m_places) {
        if (place.checked)
            return false;
        if (place.callee)
            continue;
        const bool sameHost = place.endpoint.address == stream.destination.address;
        const bool straight =
            place.from == place.endpoint.address && (sameHost || place.to == stream.source.address);
        told = told || (stream.origin == base::Origin::Capture ? straight : sameHost);
    }
    return told;
}

bool Places::relayed(const BoundStream &bound,
                     std::span<const std::shared_ptr<const rtp::Stream>> streams) const
{
    const rtp::Stream &stream = *bound.stream;
    if (!bound.towardsCaller || stream.origin != base::Origin::Capture ||
        !names(stream.destination, false) || names(stream.destination, true))
        return false;
    bool others = false;
    for (const Place &place : m_places) {
        if (place.checked || (!place.callee && place.own && place.endpoint == stream.destination))
            return false;
        others = others || (!place.callee && place.own);
    }
    const auto atCaller = [this](const base::Address &address) {
        return std::any_of(m_places.begin(), m_places.end(), [&](const Place &place) {
            return !place.callee && place.own &&
                   (place.endpoint.address == address || place.from == address);
        });
    };
    return others && std::any_of(streams.begin(), streams.end(), [&](const auto &each) {
               return each && each.get() != &stream &&
                      (atCaller(each->source.address) || atCaller(each->destination.address));
           });
}

void Places::addSender(std::string_view attribute, bool callee, std::uint32_t dialog)
{
    constexpr std::string_view kName = "ssrc:";
    if (attribute.substr(0, kName.size()) != kName || m_senders.size() >= kMostSenders)
        return;
    attribute.remove_prefix(kName.size());
    if (const auto ssrc = base::toInteger(attribute.substr(0, attribute.find(' ')));
        ssrc && *ssrc >= 0 && *ssrc <= 0xFFFFFFFFLL)
        m_senders.push_back({static_cast<std::uint32_t>(*ssrc), callee, dialog});
}

/// nullptr: nobody announced it, or two did.
const Places::Sender *Places::sender(std::uint32_t ssrc) const
{
    const Sender *found = nullptr;
    for (const auto &sender : m_senders) {
        if (sender.ssrc != ssrc)
            continue;
        if (found != nullptr && (found->callee != sender.callee || found->dialog != sender.dialog))
            return nullptr;
        found = &sender;
    }
    return found;
}

bool Places::names(const base::Endpoint &endpoint, bool callee) const
{
    const auto it = m_named.find(endpoint);
    return it != m_named.end() && (callee ? it->second.byCallee : it->second.byCaller);
}

/// The early dialog among those whose callee named a matching place: the newest that was there at
/// `when`, else the first that came after it.
template <class Matches>
Places::Choice Places::choose(const rtp::Stream &stream, Matches matches) const
{
    const base::Instant when = stream.first;
    Choice choice;
    std::vector<std::uint32_t> seen;
    bool before = false;
    for (const auto &place : m_places) {
        if (!place.callee || place.dialog == kNobody || !matches(place))
            continue;
        const auto &dialog = m_call.earlyDialogs[place.dialog];
        const bool wasThere =
            place.time <= when && (!dialog.ended.known() || dialog.ended >= when ||
                                   dialog.state == calls::EarlyState::Confirmed);
        if (choice.candidates == 0 || wasThere) {
            if (wasThere || !before)
                choice.dialog = place.dialog;
            before = before || wasThere;
        }
        const bool over = dialog.ended.known() && dialog.ended < when &&
                          dialog.state != calls::EarlyState::Confirmed;
        const bool behind = m_call.answered.known() && place.time >= m_call.answered;
        if (!over && !behind && place.time <= stream.last && place.dialog < 64)
            choice.mask |= std::uint64_t{1} << place.dialog;
        if (std::find(seen.begin(), seen.end(), place.dialog) == seen.end())
            seen.push_back(place.dialog);
        choice.candidates = seen.size();
    }
    return choice;
}

void Places::attribute(BoundStream &bound, const base::Endpoint &calleeEnd) const
{
    const rtp::Stream &stream = *bound.stream;
    auto choice = choose(stream, [&](const Place &p) { return p.endpoint == calleeEnd; });
    if (choice.candidates != 0) {
        bound.earlyDialog = choice.dialog;
        bound.certainty = choice.candidates == 1 ? Certainty::Exact : Certainty::Likely;
        if (bound.early && bound.towardsCaller && std::popcount(choice.mask) > 1)
            bound.sharers = choice.mask;
        return;
    }
    choice =
        choose(stream, [&](const Place &p) { return p.endpoint.address == calleeEnd.address; });
    if (choice.candidates == 0)
        choice = choose(stream, [](const Place &) { return true; });
    bound.earlyDialog = choice.dialog;
    bound.certainty = choice.candidates == 1 && m_call.earlyDialogs.size() == 1 ? Certainty::Likely
                                                                                : Certainty::Guess;
    if (choice.candidates == 0 && m_call.earlyDialogs.size() == 1) {
        bound.earlyDialog = 0; // media ahead of the only dialog's first SDP
        bound.certainty = Certainty::Guess;
    }
}

void Places::shareOut(std::vector<BoundStream> &bound) const
{
    std::unordered_map<base::Endpoint, std::uint64_t> taken;
    for (BoundStream &each : bound) {
        if (each.sharers == 0)
            continue;
        std::uint64_t &busy = taken[each.stream->source];
        std::uint32_t newest = kNobody, free = kNobody;
        for (const Place &place : m_places) { // in order of time
            if (!place.callee || place.dialog >= 64 || place.endpoint != each.stream->source ||
                (each.sharers >> place.dialog & 1U) == 0 ||
                (newest != kNobody && place.time > each.stream->first))
                continue;
            newest = place.dialog;
            if ((busy >> place.dialog & 1U) == 0)
                free = place.dialog;
        }
        each.earlyDialog = free != kNobody ? free : newest != kNobody ? newest : each.earlyDialog;
        if (each.earlyDialog < 64)
            busy |= std::uint64_t{1} << each.earlyDialog;
    }
}

std::optional<BoundStream> Places::place(const std::shared_ptr<const rtp::Stream> &stream) const
{
    const bool fromCallee = names(stream->source, true),
               toCaller = names(stream->destination, false);
    const bool fromCaller = names(stream->source, false),
               toCallee = names(stream->destination, true);
    if (!fromCallee && !toCaller && !fromCaller && !toCallee)
        return std::nullopt;
    if (stream->last < m_call.first)
        return std::nullopt; // an earlier user of the same port
    if (m_call.ended.known() && stream->first > m_call.ended + kAfterwards)
        return std::nullopt;
    BoundStream bound;
    bound.stream = stream;
    bound.towardsCaller = int(fromCallee) + int(toCaller) >= int(fromCaller) + int(toCallee);
    bound.early =
        !m_stands && (!m_call.answered.known() || stream->first + kOvertaking < m_call.answered);
    const Sender *announced = sender(stream->ssrc);
    bound.towardsCaller = announced != nullptr ? announced->callee : bound.towardsCaller;
    if (announced != nullptr && announced->callee && announced->dialog != kNobody) {
        bound.earlyDialog = announced->dialog; // forks may share a port, but no SSRC
        bound.certainty = Certainty::Exact;
        return bound;
    }
    attribute(bound, bound.towardsCaller ? stream->source : stream->destination);
    bound.early = bound.early && !cutThrough(m_call, bound);
    return bound;
}

} // namespace

std::vector<BoundStream> bind(const calls::Call &call, const trace::Trace &trace,
                              std::span<const std::shared_ptr<const rtp::Stream>> streams)
{
    std::vector<BoundStream> bound;
    if (streams.empty())
        return bound;
    const Places places(call, trace);
    if (places.empty())
        return bound;
    std::unordered_set<base::Endpoint> sending; // a sender may follow where packets come from
    for (const auto &stream : streams)
        if (stream)
            sending.insert(stream->source);
    for (const auto &stream : streams) {
        if (bound.size() == kMostStreams)
            break;
        auto joined = stream ? places.place(stream) : std::nullopt;
        if (!joined)
            continue;
        joined->astray = places.astray(*joined) && sending.count(stream->destination) == 0;
        joined->relayed = places.relayed(*joined, streams);
        joined->astray = joined->astray || joined->relayed;
        if (joined->astray)
            joined->certainty = std::max(joined->certainty, Certainty::Likely);
        bound.push_back(std::move(*joined));
    }
    putInOrder(call, bound);
    places.shareOut(bound);
    return bound;
}

} // namespace diagnosis
