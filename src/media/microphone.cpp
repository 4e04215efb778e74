// SPDX-License-Identifier: Apache-2.0
#include "microphone.h"

#include "pipeline.h"

#include <algorithm>
#include <atomic>
#include <base/text.h>
#include <cstring>
#include <deque>
#include <gst/app/gstappsink.h>
#include <mutex>
#include <pthread.h>
#include <thread>

namespace media {

namespace {

using namespace std::chrono_literals;
constexpr std::int64_t kBufferMicroseconds = 40000, kPeriodMicroseconds = 10000;
constexpr GstClockTime kPatience = 100 * GST_MSECOND; // then it looks whether anybody listens
constexpr auto kMostAhead = 200ms; // what lies longer is dropped: delay is worse than a gap

/// Outlives the voice where the audio server keeps the thread waiting.
struct Heard {
    std::mutex mutex;
    std::deque<std::int16_t> samples;
    std::string trouble;
    std::atomic<bool> over{false};
    std::size_t most = 0;
};

void hear(Heard &heard, GstElement *sink)
{
    while (!heard.over) {
        GstSample *sample = gst_app_sink_try_pull_sample(GST_APP_SINK(sink), kPatience);
        if (sample == nullptr)
            continue;
        GstMapInfo map{};
        GstBuffer *buffer = gst_sample_get_buffer(sample);
        if (buffer != nullptr && gst_buffer_map(buffer, &map, GST_MAP_READ) == TRUE) {
            std::vector<std::int16_t> samples(map.size / sizeof(std::int16_t));
            std::memcpy(samples.data(), map.data, samples.size() * sizeof(std::int16_t));
            gst_buffer_unmap(buffer, &map);
            std::lock_guard guard(heard.mutex);
            heard.samples.insert(heard.samples.end(), samples.begin(), samples.end());
            if (heard.samples.size() > heard.most)
                heard.samples.erase(heard.samples.begin(),
                                    heard.samples.end() - static_cast<std::ptrdiff_t>(heard.most));
        }
        gst_sample_unref(sample);
    }
}

void record(const std::shared_ptr<Heard> &heard, const std::string &device, std::uint32_t rate)
{
    const auto fail = [&](const std::string &why) {
        std::lock_guard guard(heard->mutex);
        heard->trouble = "No microphone can be heard (" + why +
                         "), so silence is sent. Connect one, or send a tone or a file.";
    };
    auto made = Pipeline::make({{"pulsesrc", "source"},
                                {"audioconvert", "convert"},
                                {"audioresample", "resample"},
                                {"capsfilter", "rate"},
                                {"appsink", "sink"}});
    if (!made)
        return fail(made.error().sentence);
    GstElement *source = made->part("source"), *sink = made->part("sink");
    set(source, "buffer-time", kBufferMicroseconds);
    set(source, "latency-time", kPeriodMicroseconds);
    set(source, "client-name", "Earshot");
    if (!device.empty())
        set(source, "device", device.c_str());
    g_object_set(made->part("rate"), "caps", rawCaps(rate).borrow(), nullptr);
    set(sink, "sync", false);
    set(sink, "max-buffers", 50);
    set(sink, "drop", true);
    if (!made->play(5s))
        return fail(device.empty()
                        ? std::string("no audio server gives one")
                        : "the audio server has no \"" + base::printable(device, false, 80) + "\"");
    hear(*heard, sink);
}

class Microphone final : public Voice
{
public:
    Microphone(const std::string &device, std::uint32_t rate) : m_heard(std::make_shared<Heard>())
    {
        m_heard->most = static_cast<std::size_t>(rate * kMostAhead / 1s);
        std::thread([heard = m_heard, device, rate] {
            ::pthread_setname_np(::pthread_self(), "microphone");
            record(heard, device, rate);
        }).detach();
    }
    ~Microphone() override { m_heard->over = true; }
    void fill(std::span<std::int16_t> samples) override
    {
        std::lock_guard guard(m_heard->mutex);
        const std::size_t count = std::min(samples.size(), m_heard->samples.size());
        const auto end = m_heard->samples.begin() + static_cast<std::ptrdiff_t>(count);
        std::copy(m_heard->samples.begin(), end, samples.begin());
        m_heard->samples.erase(m_heard->samples.begin(), end);
        std::fill(samples.begin() + static_cast<std::ptrdiff_t>(count), samples.end(),
                  std::int16_t{0});
    }
    std::string trouble() const override
    {
        std::lock_guard guard(m_heard->mutex);
        return m_heard->trouble;
    }

private:
    std::shared_ptr<Heard> m_heard;
};

} // namespace

std::unique_ptr<Voice> microphone(const std::string &device, std::uint32_t rate)
{
    return std::make_unique<Microphone>(device, rate);
}

} // namespace media
