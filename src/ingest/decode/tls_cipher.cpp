// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/tls_cipher.h>

#include <algorithm>
#include <array>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace ingest::decode {
namespace {

constexpr std::size_t kTag = 16, kShortTag = 8, kBlock = 16, kNonce = 12, kExplicit = 8;

struct FreeContext {
    void operator()(EVP_CIPHER_CTX *context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char *octets(std::string_view bytes)
{
    return reinterpret_cast<const unsigned char *>(bytes.data());
}

unsigned char *octets(std::string &bytes)
{
    return reinterpret_cast<unsigned char *>(bytes.data());
}

const EVP_MD *digest(TlsHash hash)
{
    switch (hash) {
    case TlsHash::Sha1:
        return EVP_sha1();
    case TlsHash::Sha256:
        return EVP_sha256();
    case TlsHash::Sha384:
        break;
    }
    return EVP_sha384();
}

std::string hmac(TlsHash hash, std::string_view key, std::string_view text)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned length = 0;
    if (HMAC(digest(hash), key.data(), static_cast<int>(key.size()), octets(text), text.size(),
             out.data(), &length) == nullptr)
        return {};
    return {reinterpret_cast<const char *>(out.data()), length};
}

/// RFC 5246 section 5
std::string prf(TlsHash hash, std::string_view secret, std::string_view seed, std::size_t length)
{
    std::string out, a = hmac(hash, secret, seed);
    while (out.size() < length && !a.empty()) {
        out += hmac(hash, secret, a + std::string(seed));
        a = hmac(hash, secret, a);
    }
    out.resize(length);
    return out;
}

/// HKDF-Expand-Label of RFC 8446 section 7.1 without context.
std::string expand(TlsHash hash, std::string_view secret, std::string_view label,
                   std::size_t length)
{
    std::string info{static_cast<char>(length >> 8U), static_cast<char>(length),
                     static_cast<char>(6 + label.size())};
    info.append("tls13 ").append(label).push_back('\0');
    std::string out, block;
    for (char counter = 1; out.size() < length; ++counter) {
        block.append(info).push_back(counter);
        block = hmac(hash, secret, block);
        if (block.empty())
            break;
        out += block;
    }
    out.resize(length);
    return out;
}

const EVP_CIPHER *cipher(const TlsSuite &suite)
{
    const bool big = suite.keyLength == 32;
    switch (suite.mode) {
    case TlsMode::Gcm:
        return big ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
    case TlsMode::Ccm:
    case TlsMode::Ccm8:
        return big ? EVP_aes_256_ccm() : EVP_aes_128_ccm();
    case TlsMode::Cbc:
        return big ? EVP_aes_256_cbc() : EVP_aes_128_cbc();
    case TlsMode::ChaCha:
        break;
    }
    return EVP_chacha20_poly1305();
}

std::string be64(std::uint64_t value)
{
    std::string out;
    for (int shift = 56; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(value >> static_cast<unsigned>(shift)));
    return out;
}

/// What a TLS 1.2 record is authenticated with besides its content (RFC 5246 section 6.2.3.3).
std::string recordHead(std::uint64_t number, const TlsRecord &record, std::size_t length)
{
    std::string out = be64(number);
    for (const std::size_t value : {std::size_t{record.type}, std::size_t{record.version} >> 8U,
                                    std::size_t{record.version}, length >> 8U, length})
        out.push_back(static_cast<char>(value));
    return out;
}

bool equal(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace

struct TlsOpener::Work {
    TlsSuite suite;
    bool tls13 = false, encryptThenMac = false;
    std::string secret; // TLS 1.3: of this key generation
    std::string key, macKey, iv;
    Context context{EVP_CIPHER_CTX_new()};

    Work() = default;
    Work(const Work &) = delete;
    Work &operator=(const Work &) = delete;
    ~Work()
    {
        for (std::string *bytes : {&secret, &key, &macKey})
            OPENSSL_cleanse(bytes->data(), bytes->size());
    }

    std::size_t tag() const { return suite.mode == TlsMode::Ccm8 ? kShortTag : kTag; }
    bool explicitNonce() const { return !tls13 && suite.mode != TlsMode::ChaCha; }
    std::string nonce(std::uint64_t number, std::string_view body) const;
    bool openAead(std::uint64_t number, const TlsRecord &record, std::string &plain);
    bool decrypt(std::string_view nonce, std::string_view head, std::string_view sealed,
                 std::string &plain);
    bool openCbc(std::uint64_t number, const TlsRecord &record, std::string &plain);
    bool blocks(std::string_view body, std::string &plain);
};

std::string TlsOpener::Work::nonce(std::uint64_t number, std::string_view body) const
{
    if (explicitNonce())
        return iv + std::string(body.substr(0, kExplicit));
    std::string out = iv;
    const std::string count = be64(number);
    for (std::size_t i = 0; i < count.size(); ++i)
        out[kNonce - count.size() + i] =
            static_cast<char>(out[kNonce - count.size() + i] ^ count[i]);
    return out;
}

bool TlsOpener::Work::openAead(std::uint64_t number, const TlsRecord &record, std::string &plain)
{
    const std::size_t before = explicitNonce() ? kExplicit : 0;
    if (record.body.size() < before + tag())
        return false;
    const std::string_view sealed = record.body.substr(before);
    const std::size_t whole = record.body.size();
    std::string head =
        tls13 ? std::string{static_cast<char>(record.type), static_cast<char>(record.version >> 8U),
                            static_cast<char>(record.version), static_cast<char>(whole >> 8U),
                            static_cast<char>(whole)}
              : recordHead(number, record, sealed.size() - tag());
    return decrypt(nonce(number, record.body), head, sealed, plain);
}

/// EVP's order of calls is that of its manual for GCM and for CCM, which wants lengths first.
bool TlsOpener::Work::decrypt(std::string_view nonce, std::string_view head,
                              std::string_view sealed, std::string &plain)
{
    const bool ccm = suite.mode == TlsMode::Ccm || suite.mode == TlsMode::Ccm8;
    const std::size_t size = sealed.size() - tag();
    std::string expected(sealed.substr(size));
    EVP_CIPHER_CTX *c = context.get();
    if (c == nullptr || EVP_DecryptInit_ex(c, cipher(suite), nullptr, nullptr, nullptr) != 1 ||
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, kNonce, nullptr) != 1 ||
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag()), expected.data()) !=
            1 ||
        EVP_DecryptInit_ex(c, nullptr, nullptr, octets(key), octets(nonce)) != 1)
        return false;
    int done = 0;
    if (ccm && EVP_DecryptUpdate(c, nullptr, &done, nullptr, static_cast<int>(size)) != 1)
        return false;
    if (EVP_DecryptUpdate(c, nullptr, &done, octets(head), static_cast<int>(head.size())) != 1)
        return false;
    plain.resize(size + kBlock);
    if (EVP_DecryptUpdate(c, octets(plain), &done, octets(sealed), static_cast<int>(size)) != 1)
        return false;
    plain.resize(size);
    unsigned char rest[kBlock];
    return ccm || EVP_DecryptFinal_ex(c, rest, &done) == 1;
}

bool TlsOpener::Work::blocks(std::string_view body, std::string &plain)
{
    EVP_CIPHER_CTX *c = context.get();
    const std::string_view sealed = body.substr(kBlock);
    plain.resize(sealed.size() + kBlock);
    int done = 0, last = 0;
    if (c == nullptr ||
        EVP_DecryptInit_ex(c, cipher(suite), nullptr, octets(key), octets(body)) != 1 ||
        EVP_CIPHER_CTX_set_padding(c, 0) != 1 ||
        EVP_DecryptUpdate(c, octets(plain), &done, octets(sealed),
                          static_cast<int>(sealed.size())) != 1 ||
        EVP_DecryptFinal_ex(c, octets(plain) + done, &last) != 1)
        return false;
    plain.resize(static_cast<std::size_t>(done) + static_cast<std::size_t>(last));
    const std::size_t padding = plain.empty() ? 0 : static_cast<unsigned char>(plain.back()) + 1U;
    if (padding == 0 || padding > plain.size())
        return false;
    plain.resize(plain.size() - padding);
    return true;
}

/// RFC 5246 section 6.2.3.2; with RFC 7366 the code is about the encrypted record.
bool TlsOpener::Work::openCbc(std::uint64_t number, const TlsRecord &record, std::string &plain)
{
    const std::size_t mac = macKey.size();
    std::string_view body = record.body;
    if (encryptThenMac) {
        if (body.size() < mac)
            return false;
        const std::string_view code = body.substr(body.size() - mac);
        body.remove_suffix(mac);
        std::string signedText = recordHead(number, record, body.size());
        if (!equal(hmac(suite.mac, macKey, signedText.append(body)), code))
            return false;
    }
    if (body.size() < 2 * kBlock || body.size() % kBlock != 0 || !blocks(body, plain))
        return false;
    if (encryptThenMac)
        return true;
    if (plain.size() < mac)
        return false;
    const std::string code = plain.substr(plain.size() - mac);
    plain.resize(plain.size() - mac);
    std::string signedText = recordHead(number, record, plain.size());
    return equal(hmac(suite.mac, macKey, signedText.append(plain)), code);
}

TlsOpener::TlsOpener(std::unique_ptr<Work> work) : m_work(std::move(work)) {}
TlsOpener::~TlsOpener() = default;

std::unique_ptr<TlsOpener> TlsOpener::tls12(const TlsSuite &suite, const TlsMaster &master,
                                            bool client)
{
    const bool cbc = suite.mode == TlsMode::Cbc;
    const std::size_t mac =
        cbc ? static_cast<std::size_t>(EVP_MD_get_size(digest(suite.mac))) : std::size_t{0};
    const std::size_t iv = cbc ? 0 : suite.mode == TlsMode::ChaCha ? kNonce : kNonce - kExplicit;
    std::string seed = "key expansion";
    seed.append(master.serverRandom).append(master.clientRandom);
    const std::string block = prf(suite.prf, master.secret, seed, 2 * (mac + suite.keyLength + iv));
    const std::size_t side = client ? 0 : 1;
    auto work = std::make_unique<Work>();
    work->suite = suite;
    work->encryptThenMac = cbc && master.encryptThenMac;
    work->macKey = block.substr(side * mac, mac);
    work->key = block.substr(2 * mac + side * suite.keyLength, suite.keyLength);
    work->iv = block.substr(2 * (mac + suite.keyLength) + side * iv, iv);
    return std::unique_ptr<TlsOpener>(new TlsOpener(std::move(work)));
}

std::unique_ptr<TlsOpener> TlsOpener::tls13(const TlsSuite &suite, std::string_view secret)
{
    auto work = std::make_unique<Work>();
    work->suite = suite;
    work->tls13 = true;
    work->secret = secret;
    work->key = expand(suite.prf, secret, "key", suite.keyLength);
    work->iv = expand(suite.prf, secret, "iv", kNonce);
    return std::unique_ptr<TlsOpener>(new TlsOpener(std::move(work)));
}

std::unique_ptr<TlsOpener> TlsOpener::next() const
{
    if (!m_work->tls13)
        return nullptr;
    return tls13(m_work->suite,
                 expand(m_work->suite.prf, m_work->secret, "traffic upd", m_work->secret.size()));
}

bool TlsOpener::open(std::uint64_t number, const TlsRecord &record, std::string &plain,
                     std::uint8_t &type)
{
    type = record.type;
    if (m_work->suite.mode == TlsMode::Cbc)
        return m_work->openCbc(number, record, plain);
    if (!m_work->openAead(number, record, plain))
        return false;
    if (!m_work->tls13)
        return true;
    // RFC 8446 section 5.2: content, type, zeros.
    const std::size_t last = plain.find_last_not_of('\0');
    if (last == std::string::npos)
        return false;
    type = static_cast<std::uint8_t>(plain[last]);
    plain.resize(last);
    return true;
}

} // namespace ingest::decode
