// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

/// A Path value with ;ob above that of the first hop, which stands last (RFC 3327 section 5.2).
std::string_view farther(const sip::Message &request)
{
    const auto paths = request.values(sip::HeaderId::Path);
    for (std::size_t i = 0; i + 1 < paths.size(); ++i)
        if (sip::parseNameAddress(paths[i]).uri.parameter("ob"))
            return paths[i];
    return {};
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Registration)
        return;
    for (const auto &t : evidence.call.transactions) {
        if (t.method != sip::Method::Register || !t.request.valid() ||
            evidence.trace.row(t.request).viaCount < 3)
            continue;
        const auto value = farther(evidence.message(t.request));
        if (value.empty())
            continue;
        auto &f = out.add("flow-ob-second", Severity::Warning, Grade::Seen,
                          fmt::format("A proxy that is not the first hop put ;ob into its Path: {} "
                                      "[1].",
                                      shown(value)));
        f.impact = "The registrar may take it for the one that keeps the flow: it grants outbound "
                   "where nobody keeps one, or looks for the flow at the wrong proxy.";
        f.evidence = {at(evidence, t.request, value, "not of the first hop")};
        f.fixes = {{"Add ob to the Path only where the REGISTER comes from the user agent itself, "
                    "with one Via (RFC 5626 section 5.1).",
                    "second proxy on the way", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_ob_second;
const Rule flow_ob_second{"flow-ob-second",
                          "A second proxy says that it keeps the flow",
                          Severity::Warning,
                          "RFC 5626 section 5.1",
                          "439",
                          R"(
  0.000 bob>edge REGISTER "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.001 edge>proxy REGISTER "Supported: path, outbound" "Path: <sip:a@192.0.2.2;lr;ob>" "Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
* 0.002 proxy>home REGISTER "Supported: path, outbound" "Path: <sip:192.0.2.4;lr;ob>, <sip:a@192.0.2.2;lr;ob>" "Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
)",
                          R"(
  0.000 bob>edge REGISTER "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.001 edge>proxy REGISTER "Supported: path, outbound" "Path: <sip:a@192.0.2.2;lr;ob>" "Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.002 proxy>home REGISTER "Supported: path, outbound" "Path: <sip:192.0.2.4;lr>, <sip:a@192.0.2.2;lr;ob>" "Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
)",
                          check,
                          Reads::Messages};

} // namespace diagnosis::rules
