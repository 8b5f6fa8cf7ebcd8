using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Partner.Demo;

/// <summary>What a partner's sign-in page has to check: that it was the connect page that sent the person.</summary>
internal sealed class ReturnTo(IOptions<DemoOptions> options)
{
    private const string Mark = "&signature=";

    /// <summary>HMAC-SHA256 of all that is before the signature, under the shared key.</summary>
    public bool IsSigned(string link)
    {
        if (link.Split(Mark) is not [var signed, var signature])
        {
            return false;
        }

        var expected = Base64Url.EncodeToString(
            HMACSHA256.HashData(Encoding.UTF8.GetBytes(options.Value.ReturnToKey), Encoding.UTF8.GetBytes(signed))
        );
        return CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(expected),
            Encoding.UTF8.GetBytes(signature)
        );
    }
}
