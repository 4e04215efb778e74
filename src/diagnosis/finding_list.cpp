// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/finding_list.h>

#include <cstring>
#include <new>
#include <utility>

namespace diagnosis {

namespace {

using List = std::vector<Finding>;

constexpr std::size_t kRuleBytes = sizeof(const char *);
constexpr std::size_t kHeadBytes = kRuleBytes + 3; // rule, its length, severity, grade

class Writer
{
public:
    explicit Writer(TextPool &pool) : m_pool(pool) {}

    void byte(unsigned value) { m_bytes.push_back(static_cast<char>(value)); }
    void number(std::uint64_t value)
    {
        for (; value >= 0x80; value >>= 7U)
            byte(static_cast<unsigned>(value & 0x7FU) | 0x80U);
        byte(static_cast<unsigned>(value));
    }
    template <class Id> void id(Id value) { number(std::uint32_t{value.value + 1}); } // none: 0
    void text(std::string_view text)
    {
        const auto known = m_pool.number(text);
        number(known ? std::uint64_t{*known} << 1U | 1U : std::uint64_t{text.size()} << 1U);
        if (!known)
            m_bytes.append(text);
    }
    void head(const Finding &finding)
    {
        const char *rule = finding.rule.data();
        char bytes[kRuleBytes];
        std::memcpy(bytes, &rule, kRuleBytes);
        m_bytes.append(bytes, kRuleBytes);
        byte(static_cast<unsigned>(finding.rule.size()));
        byte(static_cast<unsigned>(finding.severity));
        byte(static_cast<unsigned>(finding.grade));
    }
    void body(const Finding &finding);
    const std::string &bytes() const { return m_bytes; }

private:
    TextPool &m_pool;
    std::string m_bytes;
};

void Writer::body(const Finding &finding)
{
    id(finding.call);
    text(finding.text);
    text(finding.impact);
    number(finding.evidence.size());
    for (const EvidenceRef &ref : finding.evidence) {
        id(ref.row);
        id(ref.stream);
        id(ref.flow);
        number(ref.offset);
        number(ref.length);
        text(ref.note);
    }
    number(finding.fixes.size());
    for (const Fix &fix : finding.fixes) {
        text(fix.text);
        text(fix.party);
        byte(static_cast<unsigned>(fix.action));
    }
    number(finding.offers.size());
    for (const Offer &offer : finding.offers) {
        byte(static_cast<unsigned>(offer.action));
        byte(offer.possible ? 1 : 0);
        text(offer.text);
        id(offer.flow);
    }
}

class Reader // of what the Writer wrote
{
public:
    Reader(const char *at, const TextPool &pool) : m_at(at), m_pool(pool) {}

    unsigned byte() { return static_cast<unsigned char>(*m_at++); }
    std::uint64_t number()
    {
        std::uint64_t out = 0;
        unsigned shift = 0, next = 0;
        do {
            next = byte();
            out |= std::uint64_t{next & 0x7FU} << shift;
            shift += 7;
        } while ((next & 0x80U) != 0);
        return out;
    }
    std::uint32_t small() { return static_cast<std::uint32_t>(number()); }
    template <class Id> void id(Id &out) { out.value = small() - 1; }
    void text(std::string &out)
    {
        const std::uint64_t told = number();
        if ((told & 1U) != 0) {
            out = m_pool.text(static_cast<std::uint32_t>(told >> 1U));
            return;
        }
        out.assign(m_at, static_cast<std::size_t>(told >> 1U));
        m_at += out.size();
    }
    void body(Finding &out);

private:
    const char *m_at;
    const TextPool &m_pool;
};

void Reader::body(Finding &out)
{
    id(out.call);
    text(out.text);
    text(out.impact);
    out.evidence.resize(number());
    for (EvidenceRef &ref : out.evidence) {
        id(ref.row);
        id(ref.stream);
        id(ref.flow);
        ref.offset = small();
        ref.length = small();
        text(ref.note);
    }
    out.fixes.resize(number());
    for (Fix &fix : out.fixes) {
        text(fix.text);
        text(fix.party);
        fix.action = static_cast<Action>(byte());
    }
    out.offers.resize(number());
    for (Offer &offer : out.offers) {
        offer.action = static_cast<Action>(byte());
        offer.possible = byte() != 0;
        text(offer.text);
        id(offer.flow);
    }
}

} // namespace

/// Heads and bodies stand behind it, in the same piece of memory.
struct FindingList::Block {
    std::atomic<const List *> whole{nullptr};
    std::shared_ptr<const TextPool> pool;
    std::uint32_t count = 0, bytes = 0; // bytes 0: only whole

    char *data() { return reinterpret_cast<char *>(this + 1); }

    static Block *make(std::size_t count, const std::string &bytes)
    {
        auto *block = new (::operator new(sizeof(Block) + bytes.size())) Block;
        block->count = static_cast<std::uint32_t>(count);
        block->bytes = static_cast<std::uint32_t>(bytes.size());
        std::memcpy(block->data(), bytes.data(), bytes.size());
        return block;
    }
};

FindingList::FindingList(List list)
{
    if (list.empty())
        return;
    m_block = Block::make(list.size(), {});
    m_block->whole = new List(std::move(list));
}

FindingList::FindingList(const List &list, const std::shared_ptr<TextPool> &pool)
{
    if (list.empty())
        return;
    Writer out(*pool);
    for (const Finding &finding : list)
        out.head(finding);
    for (const Finding &finding : list)
        out.body(finding);
    m_block = Block::make(list.size(), out.bytes());
    m_block->pool = pool;
}

FindingList::FindingList(const FindingList &other)
{
    if (other.empty())
        return;
    if (other.m_block->bytes == 0) {
        *this = FindingList(List(*other.m_block->whole.load(std::memory_order_acquire)));
        return;
    }
    m_block = Block::make(other.size(), std::string(other.m_block->data(), other.m_block->bytes));
    m_block->pool = other.m_block->pool;
}

FindingList::~FindingList()
{
    if (m_block == nullptr)
        return;
    delete m_block->whole.load(std::memory_order_acquire);
    m_block->~Block();
    ::operator delete(m_block);
}

std::size_t FindingList::size() const
{
    return m_block != nullptr ? m_block->count : 0;
}

FindingList::Head FindingList::head(std::size_t index) const
{
    if (m_block->bytes == 0) {
        const Finding &finding = list()[index];
        return {finding.rule, finding.severity, finding.grade};
    }
    const char *at = m_block->data() + index * kHeadBytes;
    const char *rule = nullptr;
    std::memcpy(&rule, at, kRuleBytes);
    at += kRuleBytes;
    return {{rule, static_cast<unsigned char>(at[0])},
            static_cast<Severity>(at[1]),
            static_cast<Grade>(at[2])};
}

List FindingList::once() const
{
    List out;
    if (empty())
        return out;
    if (m_block->bytes == 0)
        return list();
    out.resize(size());
    Reader in(m_block->data() + size() * kHeadBytes, *m_block->pool);
    for (std::size_t i = 0; i < out.size(); ++i) {
        const Head told = head(i);
        out[i].rule = told.rule;
        out[i].severity = told.severity;
        out[i].grade = told.grade;
        in.body(out[i]);
    }
    return out;
}

/// Two threads may unpack at once; the first to be ready is kept, and both lists are equal.
const List &FindingList::list() const
{
    static const List kNone;
    if (empty())
        return kNone;
    const List *known = m_block->whole.load(std::memory_order_acquire);
    if (known != nullptr)
        return *known;
    const List *made = new List(once());
    if (m_block->whole.compare_exchange_strong(known, made, std::memory_order_acq_rel,
                                               std::memory_order_acquire))
        return *made;
    delete made;
    return *known;
}

} // namespace diagnosis
