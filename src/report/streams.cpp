// SPDX-License-Identifier: Apache-2.0
#include <report/streams.h>

#include <algorithm>
#include <base/escape.h>
#include <base/text.h>
#include <sip/uri.h>
#include <unordered_map>

namespace report {

namespace {

constexpr std::size_t kMostTransfers = 64, kMostSteps = 64; // of one call, of one transfer

/// "Replaces=abc%40host%3Bto-tag%3D1": the Call-ID in it (escaped: RFC 3261 section 19.1.2).
std::string replacedBy(std::string_view uriHeaders)
{
    for (std::string_view header : base::split(uriHeaders, '&')) {
        const std::size_t equals = header.find('=');
        if (equals == std::string_view::npos ||
            !base::equalsNoCase(header.substr(0, equals), "Replaces"))
            continue;
        const std::string value = base::unescaped(header.substr(equals + 1));
        return value.substr(0, value.find(';'));
    }
    return {};
}

int fragmentStatus(const sip::Message &notify)
{
    const std::string_view type = notify.value(sip::HeaderId::ContentType);
    constexpr std::string_view kFragment = "message/sipfrag", kVersion = "SIP/2.0 ";
    const std::string_view body = base::trim(notify.body);
    if (!base::equalsNoCase(type.substr(0, kFragment.size()), kFragment) ||
        !body.starts_with(kVersion))
        return 0;
    const auto code = base::toInteger(body.substr(kVersion.size(), 3));
    return code && *code >= 100 && *code <= 699 ? static_cast<int>(*code) : 0;
}

Transfer readRefer(trace::RowId row, const sip::Message &refer)
{
    Transfer out;
    out.refer = row;
    const auto target = sip::parseNameAddress(refer.value(sip::HeaderId::ReferTo));
    out.target = std::string(target.uriText.substr(0, target.uriText.find('?')));
    out.replaces = replacedBy(target.uri.headers.starts_with('?') ? target.uri.headers.substr(1)
                                                                  : target.uri.headers);
    out.referredBy = sip::parseNameAddress(refer.value(sip::HeaderId::ReferredBy)).uriText;
    return out;
}

} // namespace

std::vector<StreamPlace> streamPlaces(const ReportInput &input)
{
    std::unordered_map<std::uint32_t, StreamPlace> bound;
    for (const ReportCall &call : input.calls) {
        for (const diagnosis::BoundStream &stream : call.streams) {
            if (!stream.stream)
                continue;
            StreamPlace &known = bound[stream.stream->id.value];
            if (known.call == nullptr || stream.certainty < known.bound->certainty)
                known = {stream.stream.get(), &call, &stream};
        }
    }
    std::vector<StreamPlace> out, rest;
    for (const auto &stream : input.streams) {
        if (!stream)
            continue;
        const auto known = bound.find(stream->id.value);
        if (known == bound.end()) {
            out.push_back({stream.get(), nullptr, nullptr});
            continue;
        }
        out.push_back({stream.get(), known->second.call, known->second.bound});
        bound.erase(known);
    }
    for (const auto &entry : bound)
        rest.push_back(entry.second);
    std::sort(rest.begin(), rest.end(), [](const StreamPlace &a, const StreamPlace &b) {
        return a.stream->id < b.stream->id;
    });
    out.insert(out.end(), rest.begin(), rest.end());
    return out;
}

const std::string *toTagOf(const StreamPlace &place)
{
    if (place.call == nullptr)
        return nullptr;
    const auto &dialogs = place.call->call->earlyDialogs;
    return place.bound->earlyDialog < dialogs.size() ? &dialogs[place.bound->earlyDialog].toTag
                                                     : nullptr;
}

std::vector<Transfer> transfersOf(const ReportInput &input, const ReportCall &call)
{
    std::vector<Transfer> out;
    for (const calls::CallRow &place : call.call->rows) {
        const trace::Row &row = input.trace.row(place.row);
        const bool refer = row.method == sip::Method::Refer;
        if (row.kind != trace::RowKind::Message || row.status != 0 || place.original.valid() ||
            (!refer && (row.method != sip::Method::Notify || out.empty())))
            continue;
        const auto message = input.trace.message(place.row);
        if (!message)
            continue;
        if (refer) {
            Transfer fresh = readRefer(place.row, *message);
            if (place.transaction < call.call->transactions.size())
                fresh.status = call.call->transactions[place.transaction].finalStatus;
            const bool again = !out.empty() && out.back().target == fresh.target &&
                               out.back().progress.empty(); // its next hop, or with credentials
            if (again)
                out.back().status = fresh.status;
            else if (out.size() < kMostTransfers)
                out.push_back(std::move(fresh));
            continue;
        }
        const int code = fragmentStatus(*message);
        auto &progress = out.back().progress;
        const bool known = !progress.empty() && progress.back().code == code; // the next hop's copy
        if (code != 0 && !known && progress.size() < kMostSteps)
            progress.push_back({place.row, code});
    }
    return out;
}

} // namespace report
