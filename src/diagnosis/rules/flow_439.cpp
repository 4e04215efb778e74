// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/flow_bindings.h>
#include <diagnosis/flow_facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    const auto *const refused = origin(evidence, 439, false);
    if (refused == nullptr || refused->method != sip::Method::Register || !refused->request.valid())
        return;
    const auto &request = evidence.message(refused->request);
    const auto contact = request.value(sip::HeaderId::Contact);
    const bool asked = sip::parameter(contact, "reg-id").has_value();
    const bool later = acceptedLater(evidence, *refused);
    auto text = fmt::format(
        "{} refused the REGISTER {} [1] with 439 First Hop Lacks Outbound Support [2]: ",
        sender(evidence, refused->finalResponse), asked ? "with reg-id" : "without reg-id");
    const auto paths = request.values(sip::HeaderId::Path);
    text += !asked ? "the request did not even ask for outbound"
            : paths.empty()
                ? "the proxy in front added no Path with ;ob, or this trace shows the hop before it"
                : "no Path value it looks at has ;ob";
    text += later ? "; a later REGISTER was accepted." : ".";
    auto &f = out.add("flow-439", later ? Severity::Warning : Severity::Error, Grade::Seen,
                      std::move(text));
    f.impact = later ? "Registered, but without outbound: no second flow takes over when the "
                       "connection dies."
                     : "The account is not registered: no incoming calls.";
    f.evidence = {
        at(evidence, refused->request, sip::HeaderId::Contact, "asks for outbound by reg-id"),
        at(refused->finalResponse, "the refusal")};
    f.fixes = {
        {"Register without reg-id and outbound, or through another proxy.", "caller's user agent",
         Action::None},
        {"Let the first proxy add Path with ;ob to REGISTER.", "edge proxy", Action::None},
        {"Check the Path value nearest to the user agent; with two proxies that is the last one.",
         "home proxy", Action::None}};
}

} // namespace

extern const Rule flow_439;
const Rule flow_439{"flow-439",
                    "Outbound refused: the first hop does not support it",
                    Severity::Error,
                    "RFC 5626 sections 6 and 11.6",
                    "439",
                    R"(
  0.00 bob>edge REGISTER tcp "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
* 0.05 edge>bob 439 tcp tag=r
)",
                    R"(
  0.00 bob>edge REGISTER tcp "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
)",
                    check};

} // namespace diagnosis::rules
