// SPDX-License-Identifier: Apache-2.0
#include <ingest/continued.h>

#include <algorithm>
#include <ingest/mapping.h>
#include <ingest/unpack.h>
#include <numeric>

namespace ingest {
namespace {

constexpr std::size_t kBeginning = 1U << 20U; // bytes unpacked to find the first packet
/// Several interfaces written to one file differ by little; what lies further back runs beside it.
constexpr base::Duration kSlack = std::chrono::milliseconds(100);
/// What is further apart are two captures.
constexpr base::Duration kFarthest = std::chrono::hours(24);

struct File {
    std::optional<Extent> extent;
    std::size_t before = kNone; // index of the file that it goes on from
    bool goesOn = false;        // another one goes on from it
    static constexpr std::size_t kNone = ~std::size_t{0};
};

base::Instant endOf(const Extent &extent)
{
    return extent.last.known() ? extent.last : extent.first;
}

/// Each file goes on from the one that ended last before it began.
void chain(std::vector<File> &files)
{
    std::vector<std::size_t> order(files.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::erase_if(order, [&](std::size_t i) { return !files[i].extent; });
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return files[a].extent->first < files[b].extent->first;
    });
    for (std::size_t at = 1; at < order.size(); ++at) {
        File &next = files[order[at]];
        for (std::size_t back = at; back-- > 0;) {
            File &file = files[order[back]];
            const bool may =
                !file.goesOn && follows(file.extent->linkType, endOf(*file.extent), *next.extent);
            if (may && (next.before == File::kNone ||
                        endOf(*files[next.before].extent) < endOf(*file.extent)))
                next.before = order[back];
        }
        if (next.before != File::kNone)
            files[next.before].goesOn = true;
    }
}

} // namespace

std::optional<Extent> extentOf(const std::string &path)
{
    const auto bytes = mapFile(path);
    if (!bytes)
        return std::nullopt;
    const auto source = recognise(path, bytes->text());
    if (!source || (*source)->extent == nullptr)
        return std::nullopt;
    if (packingOf(bytes->text()) == Packing::None)
        return (*source)->extent(bytes->text(), true);
    const auto input = unpacked(*bytes);
    input->ensure(kBeginning);
    return (*source)->extent(input->rest(), false);
}

bool follows(std::uint32_t linkType, base::Instant last, const Extent &next)
{
    return last.known() && next.linkType == linkType && next.first + kSlack >= last &&
           next.first - last <= kFarthest;
}

std::vector<std::string> readingOrder(const std::vector<std::string> &paths)
{
    if (paths.size() < 2)
        return paths;
    std::vector<File> files(paths.size());
    for (std::size_t i = 0; i < paths.size(); ++i)
        files[i].extent = extentOf(paths[i]);
    chain(files);
    std::vector<std::size_t> next(paths.size(), File::kNone);
    for (std::size_t i = 0; i < files.size(); ++i)
        if (files[i].before != File::kNone)
            next[files[i].before] = i;
    std::vector<std::string> out;
    std::vector<bool> placed(paths.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
        std::size_t at = i;
        while (!placed[i] && files[at].before != File::kNone)
            at = files[at].before;
        for (; at != File::kNone && !placed[at]; at = next[at]) {
            placed[at] = true;
            out.push_back(paths[at]);
        }
    }
    return out;
}

} // namespace ingest
