using System.ComponentModel.DataAnnotations;
using System.Xml;
using Microsoft.Extensions.Options;

namespace Partner.Auth.Connect;

/// <summary>The product's owner, as the pages name and show it.</summary>
internal sealed class PageOptions : IValidatableObject
{
    private const int MaxLogo = 256 * 1024;

    public const string SectionName = "Pages";

    [StringLength(80)]
    public string PartnerName { get; init; } = "";

    /// <summary>A PNG, JPEG, WebP or SVG file; it is served from our own origin, so that no page asks another.</summary>
    public string LogoFile { get; init; } = "";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (
            LogoFile.Length > 0
            && (
                new FileInfo(LogoFile) is not { Exists: true, Length: <= MaxLogo }
                || Brand.TypeOf(File.ReadAllBytes(LogoFile)) is null
            )
        )
        {
            yield return new ValidationResult(
                $"LogoFile must be a PNG, JPEG, WebP or SVG file of at most {MaxLogo} bytes.",
                [nameof(LogoFile)]
            );
        }
    }
}

/// <summary>The partner's name in the pages' words, and its logo.</summary>
internal sealed class Brand
{
    /// <summary>Stands for the partner's name in the pages' words.</summary>
    public const string Placeholder = "{partner}";

    public Brand(IOptions<PageOptions> options)
    {
        Name = options.Value.PartnerName;
        var logo = options.Value.LogoFile.Length > 0 ? File.ReadAllBytes(options.Value.LogoFile) : null;
        Logo = logo is not null && TypeOf(logo) is { } type ? (logo, type) : null;
    }

    /// <summary>Empty where it is not configured.</summary>
    public string Name { get; }

    public (byte[] Bytes, string Type)? Logo { get; }

    /// <summary>Not encoded.</summary>
    public string Say(string text) =>
        text.Replace(Placeholder, Name.Length > 0 ? Name : "your product", StringComparison.Ordinal);

    /// <summary>What happened and what to do, for the partner API.</summary>
    public string HelpOf(string reason)
    {
        var failure = PageReasons.Of(reason);
        return Say($"{failure.What} {failure.Next}");
    }

    /// <summary>By its content: a name's ending says nothing.</summary>
    internal static string? TypeOf(ReadOnlySpan<byte> bytes) =>
        bytes switch
        {
            [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => "image/png",
            [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
            _ when bytes.StartsWith("RIFF"u8) && bytes.Length > 12 && bytes[8..].StartsWith("WEBP"u8) => "image/webp",
            _ => IsSvg(bytes) ? "image/svg+xml" : null,
        };

    private static bool IsSvg(ReadOnlySpan<byte> bytes)
    {
        try
        {
            using var reader = XmlReader.Create(
                new MemoryStream(bytes.ToArray()),
                new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null }
            );
            return reader.MoveToContent() == XmlNodeType.Element && reader.LocalName == "svg";
        }
        catch (XmlException)
        {
            return false;
        }
    }
}
