// SPDX-License-Identifier: Apache-2.0
#include "speaker.h"

#include "devices.h"
#include "media.h"
#include "media_loop.h"
#include "pipeline.h"

#include <base/text.h>
#include <cstdlib>
#include <filesystem>
#include <gst/app/gstappsrc.h>
#include <string_view>
#include <vector>

namespace media {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kBufferMicroseconds = 20000, kPeriodMicroseconds = 5000;
constexpr std::int64_t kPatient = 12; // times as much
constexpr std::uint32_t kFirstRate = 8000, kDeviceRate = 48000;
constexpr int kMostWaiting = 64;
constexpr std::size_t kLongestName = 120, kLongestList = 400;
constexpr const char *kNoDevice =
    "No audio device was found, so nothing is heard; the call is still measured and "
    "recorded. Start PulseAudio or PipeWire, or connect a sound card, then call again.";

bool forcedSilent()
{
    const char *value = std::getenv("EARSHOT_OUTPUT");
    return value != nullptr && std::string_view(value) == "silent";
}

/// ALSA's library writes to stderr at length when there is no card: look before asking it.
bool hasSoundCard()
{
    std::error_code problem;
    for (const auto &entry : std::filesystem::directory_iterator("/dev/snd", problem)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("pcm") && name.ends_with("p"))
            return true;
    }
    return false;
}

} // namespace

struct Speaker::Chain {
    explicit Chain(Pipeline made) : pipeline(std::move(made)) {}

    GstElement *source = nullptr;
    std::uint32_t rate = 0;
    std::atomic<std::int64_t> watchedAt{0}, handed{0}; // ns
    Clock clock;                                       // the device's; none: it has none
    Pipeline pipeline; // last, so it ends first: its thread uses what stands above

    static GstPadProbeReturn reached(GstPad *, GstPadProbeInfo *info, gpointer self) noexcept
    {
        auto *chain = static_cast<Chain *>(self);
        GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
        const auto samples =
            static_cast<std::int64_t>(gst_buffer_get_size(buffer) / sizeof(std::int16_t));
        chain->handed += samples * 1'000'000'000LL / kDeviceRate;
        std::int64_t never = 0;
        if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_MARKER))
            chain->watchedAt.compare_exchange_strong(never, base::now().ns);
        return GST_PAD_PROBE_OK;
    }
};

/// The device that was chosen, if it is there; the notice says that it is not.
bool Speaker::startOn(const std::string &device)
{
    const auto devices = audioDevices();
    const auto chosen = deviceNamed(devices, device);
    if (chosen && start("pulsesink", chosen->name)) {
        m_device = "PulseAudio, " + base::printable(chosen->text, false, kLongestName);
        m_chosen = chosen->name;
        return true;
    }
    m_notice = "The audio device \"" + base::printable(device, false, kLongestName) +
               (chosen ? "\" cannot be played on" : "\" is not there") +
               ", so the system's default takes its place.";
    std::string known;
    for (const auto &each : devices)
        if (known.size() < kLongestList)
            known += (known.empty() ? "" : ", ") + base::printable(each.name, false, kLongestName);
    if (!known.empty())
        m_notice += " There are: " + known + ".";
    return false;
}

std::unique_ptr<Speaker> Speaker::open(Output output, const std::string &device, bool patient)
{
    std::unique_ptr<Speaker> speaker(new Speaker());
    speaker->m_patient = patient;
    if (output == Output::Silent || forcedSilent()) {
        speaker->start("fakesink");
        return speaker;
    }
    if (!device.empty() && speaker->startOn(device))
        return speaker;
    if (speaker->start("pulsesink")) {
        speaker->m_device = "PulseAudio";
    } else if (hasSoundCard() && speaker->start("alsasink")) {
        speaker->m_device = "ALSA";
    } else {
        speaker->m_notice = kNoDevice; // which says more than that one of them is missing
        speaker->start("fakesink");
    }
    return speaker;
}

bool Speaker::start(const char *sinkName, const std::string &device)
{
    auto made = Pipeline::make({{"appsrc", "source"},
                                {"audioconvert", "convert"},
                                {"audioresample", "resample"},
                                {"capsfilter", "device-rate"},
                                {sinkName, "sink"}});
    if (!made)
        return false;
    auto chain = std::make_unique<Chain>(std::move(*made));
    chain->source = chain->pipeline.part("source");
    GstElement *sink = chain->pipeline.part("sink");
    configureSource(chain->source, rawCaps(kFirstRate).borrow(), kMostWaiting);
    chain->rate = kFirstRate;
    // The device's format never changes, whatever codec comes: a new one would stop and start it.
    g_object_set(chain->pipeline.part("device-rate"), "caps", rawCaps(kDeviceRate).borrow(),
                 nullptr);
    set(chain->pipeline.part("resample"), "quality",
        2); // short filter: less delay, still above G.711
    // Played in order as it comes: the jitter cushion decided about time already.
    set(sink, "sync", false);
    const std::string_view name = sinkName;
    if (name == "pulsesink" || name == "alsasink") {
        const std::int64_t times = m_patient ? kPatient : 1;
        set(sink, "buffer-time", times * kBufferMicroseconds);
        set(sink, "latency-time", times * kPeriodMicroseconds);
    }
    if (name == "pulsesink")
        set(sink, "client-name", "Earshot");
    if (!device.empty())
        set(sink, "device", device.c_str());
    const auto pad = Pad::adopt(gst_element_get_static_pad(sink, "sink"));
    gst_pad_add_probe(pad.borrow(), GST_PAD_PROBE_TYPE_BUFFER, &Chain::reached, chain.get(),
                      nullptr);
    auto previous = std::exchange(m_chain, std::move(chain));
    play(20ms, {}, kFirstRate); // lets the device negotiate and start now, not at the first packet
    if (m_chain->pipeline.play(2s)) {
        m_chain->clock = Clock::adopt(gst_element_provide_clock(sink)); // it has one by now
        m_began = monotonic();
        return true;
    }
    m_chain = std::move(previous);
    return false;
}

Speaker::~Speaker() = default;

void Speaker::play(base::Duration silence, std::span<const std::int16_t> samples,
                   std::uint32_t rate)
{
    if (!m_chain)
        return;
    if (m_chain->rate != rate) {
        m_chain->rate = rate;
        gst_app_src_set_caps(GST_APP_SRC(m_chain->source), rawCaps(rate).borrow());
    }
    std::vector<std::int16_t> all(
        static_cast<std::size_t>(silence.count() * rate / 1'000'000'000LL));
    if (m_muted) // GStreamer's own mute drops buffers without time stamps in a way that ends the
                 // sink
        all.resize(all.size() + samples.size());
    else
        all.insert(all.end(), samples.begin(), samples.end());
    if (!all.empty())
        push(m_chain->source,
             {reinterpret_cast<const char *>(all.data()), all.size() * sizeof(std::int16_t)},
             GST_CLOCK_TIME_NONE, !samples.empty() && std::exchange(m_mark, false));
}

void Speaker::silence(base::Duration length)
{
    if (m_chain)
        play(length, {}, m_chain->rate);
}

base::Duration Speaker::waiting() const
{
    if (!m_chain)
        return base::Duration{0};
    const guint64 bytes = gst_app_src_get_current_level_bytes(GST_APP_SRC(m_chain->source));
    return base::Duration(static_cast<std::int64_t>(bytes / 2 * 1'000'000'000ULL / m_chain->rate));
}

/// What it takes before it lets us wait tells the delay of what stands behind its buffer, as of
/// Bluetooth: that is tried at first and from time to time.
base::Duration Speaker::held()
{
    constexpr base::Duration kLearnt = 10s; // holds so long
    constexpr base::Duration kBuffer{kBufferMicroseconds * 1000}, kBlocked = 30ms;
    const base::Duration waits = waiting();
    if (!m_chain || !m_chain->clock)
        return waits;
    const base::Duration ahead{
        m_chain->handed.load() -
        static_cast<std::int64_t>(gst_clock_get_internal_time(m_chain->clock.borrow()))};
    const base::Duration now = monotonic();
    if (waits.count() > 0) {
        m_delay = std::max(m_delay, ahead - kBuffer - kBlocked);
        m_learnt = now;
    }
    const base::Duration out = waits + ahead - m_delay;
    return now - m_learnt > kLearnt ? std::min(out, kBuffer / 2) : out;
}

void Speaker::watchNext()
{
    m_mark = !watched().known();
}

base::Instant Speaker::watched() const
{
    return m_chain ? base::Instant{m_chain->watchedAt.load()} : base::Instant{};
}

std::optional<std::string> Speaker::moved()
{
    if (m_chosen.empty() || !m_chain)
        return std::nullopt;
    gchar *text = nullptr;
    g_object_get(m_chain->pipeline.part("sink"), "current-device", &text, nullptr);
    const std::unique_ptr<gchar, decltype(&g_free)> owned(text, &g_free);
    if (owned == nullptr || *owned == '\0' || m_chosen == owned.get())
        return std::nullopt;
    m_device = "PulseAudio";
    m_delay = m_learnt = base::Duration{0};
    return "The audio device \"" +
           base::printable(std::exchange(m_chosen, std::string()), false, kLongestName) +
           "\" is gone or was exchanged: the audio server plays on \"" +
           base::printable(owned.get(), false, kLongestName) + "\" instead.";
}

std::optional<std::string> Speaker::trouble()
{
    return m_chain ? m_chain->pipeline.trouble() : std::nullopt;
}

} // namespace media
