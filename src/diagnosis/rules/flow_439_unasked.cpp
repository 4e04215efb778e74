// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/flow_facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    const auto *const refused = origin(evidence, 439, false);
    if (refused == nullptr || refused->method != sip::Method::Register || !refused->request.valid())
        return;
    const auto &request = evidence.message(refused->request);
    const auto contact = sip::parseNameAddress(request.value(sip::HeaderId::Contact));
    const bool asked =
        contact.parameter("reg-id") && request.lists(sip::HeaderId::Supported, "outbound");
    if (asked)
        return;
    auto &f =
        out.add("flow-439-unasked", Severity::Warning, Grade::Seen,
                fmt::format("{} answered 439 [2] to a REGISTER [1] that asks for no flow ({}): "
                            "this code is for those that do.",
                            sender(evidence, refused->finalResponse),
                            contact.parameter("reg-id") ? "no Supported: outbound" : "no reg-id"));
    f.impact = "A user agent that knows nothing of outbound cannot register at all.";
    f.evidence = {at(evidence, refused->request, sip::HeaderId::Contact, "the REGISTER"),
                  at(refused->finalResponse, "the refusal")};
    f.fixes = {{"Accept REGISTERs without reg-id as plain bindings.", "home proxy", Action::None}};
}

} // namespace

extern const Rule flow_439_unasked;
const Rule flow_439_unasked{"flow-439-unasked",
                            "439 to a REGISTER that asked for no flow",
                            Severity::Warning,
                            "RFC 5626 section 11.6",
                            "439",
                            R"(
  0.00 bob>edge REGISTER tcp "Contact: <sip:bob@192.0.2.20;transport=tcp>"
* 0.05 edge>bob 439 tcp tag=r
)",
                            R"(
  0.00 bob>edge REGISTER tcp "Contact: <sip:bob@192.0.2.20;transport=tcp>"
  0.05 edge>bob 200 tcp tag=r "Contact: <sip:bob@192.0.2.20;transport=tcp>;expires=600"
)",
                            check,
                            Reads::Messages};

} // namespace diagnosis::rules
