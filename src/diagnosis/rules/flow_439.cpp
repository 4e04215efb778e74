// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_bindings.h>
#include <diagnosis/flow_facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

/// Why the registrar may say so, by the Path of the request that it got.
enum class Why : std::uint8_t {
    NotAsked,
    NoPath,       // or it was added behind what is in this trace
    FirstWithout, // the proxy next to the user agent wrote no ;ob
    OnlyFarther,  // one behind it did, which counts for nothing
    Wrong,        // it is there
    WrongOrder,   // it is there, and the value that stands first has none
};

/// The proxy next to the user agent is the first hop: each that follows puts its Path above (RFC
/// 3327 section 5.2), so that the last value is its own.
Why whyOf(const sip::Message &request)
{
    if (!sip::parameter(request.value(sip::HeaderId::Contact), "reg-id"))
        return Why::NotAsked;
    const auto paths = request.values(sip::HeaderId::Path);
    if (paths.empty())
        return Why::NoPath;
    const auto ob = [](std::string_view value) {
        return sip::parseNameAddress(value).uri.parameter("ob").has_value();
    };
    if (!ob(paths.back()))
        return std::any_of(paths.begin(), paths.end(), ob) ? Why::OnlyFarther : Why::FirstWithout;
    return ob(paths.front()) ? Why::Wrong : Why::WrongOrder;
}

std::string_view reason(Why why)
{
    switch (why) {
    case Why::NotAsked:
        return "the request did not even ask for outbound";
    case Why::NoPath:
        return "the proxy in front added no Path with ;ob, or this trace shows the hop before it";
    case Why::FirstWithout:
        return "the Path of the first hop, the last value [3], has no ;ob";
    case Why::OnlyFarther:
        return "the Path of the first hop, the last value [3], has no ;ob; that of a proxy behind "
               "it has, which RFC 5626 section 5.1 does not allow and which counts for nothing";
    case Why::Wrong:
        return "yet the Path of the first hop [3] has ;ob, so that outbound was there and the code "
               "is wrong (RFC 5626 section 6)";
    case Why::WrongOrder:
        return "yet the Path of the first hop, the last value [3], has ;ob, so that outbound was "
               "there and the code is wrong (RFC 5626 section 6). The value that stands first has "
               "none: some registrars, Kamailio among them, look at that one";
    }
    return {};
}

std::vector<Fix> fixesOf(Why why)
{
    const Fix around{"Until then register without reg-id and outbound, or through another proxy.",
                     "user agent", Action::None};
    if (why == Why::Wrong || why == Why::WrongOrder)
        return {{"Look for ;ob in the Path value nearest to the user agent, which is the last.",
                 "home proxy", Action::None},
                around};
    const Fix let{"Let the first proxy add Path with ;ob to REGISTER.", "edge proxy", Action::None};
    if (why == Why::OnlyFarther)
        return {let,
                {"Add Path without ;ob where the REGISTER came from another proxy.",
                 "second proxy on the way", Action::None},
                around};
    return {{"Register without reg-id and outbound, or through another proxy.", "user agent",
             Action::None},
            let};
}

void check(const Evidence &evidence, Findings &out)
{
    const auto *const refused = origin(evidence, 439, false);
    if (refused == nullptr || refused->method != sip::Method::Register || !refused->request.valid())
        return;
    const auto &request = evidence.message(refused->request);
    const auto why = whyOf(request);
    const bool later = acceptedLater(evidence, *refused);
    auto text = fmt::format(
        "{} refused the REGISTER {} [1] with 439 First Hop Lacks Outbound Support [2]: {}",
        sender(evidence, refused->finalResponse),
        why == Why::NotAsked ? "without reg-id" : "with reg-id", reason(why));
    text += later ? "; a later REGISTER was accepted." : ".";
    auto &f = out.add("flow-439", later ? Severity::Warning : Severity::Error, Grade::Seen,
                      std::move(text));
    f.impact = later ? "Registered, but without outbound: no second flow takes over when the "
                       "connection dies."
                     : "The account is not registered: no incoming calls.";
    f.evidence = {
        at(evidence, refused->request, sip::HeaderId::Contact, "asks for outbound by reg-id"),
        at(refused->finalResponse, "the refusal")};
    if (const auto paths = request.values(sip::HeaderId::Path); !paths.empty())
        f.evidence.push_back(
            at(evidence, refused->request, paths.back(), "the Path of the first hop"));
    f.fixes = fixesOf(why);
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
