using System.Text;
using Partner.Sandbox.Intake;

namespace Partner.Bench.Tests;

public class MarksTests
{
    [Theory]
    [InlineData("""{"message":"a bench_00000000000000ff b"}""", 0xFFul)]
    [InlineData("""{"message":"bench_0123456789abcdef"}""", 0x0123456789ABCDEFul)]
    [InlineData("""{"message":"none"}""", Marks.None)]
    [InlineData("""{"message":"bench_00ff"}""", Marks.None)]
    [InlineData("bench_", Marks.None)]
    public void AMarkIsFound(string item, ulong mark) => Assert.Equal(mark, Marks.MarkOf(Encoding.UTF8.GetBytes(item)));

    [Fact]
    public void EveryByteCounts()
    {
        var item = Encoding.UTF8.GetBytes(new string('x', 499));
        var whole = Marks.HashOf(item);
        for (var i = 0; i < item.Length; i++)
        {
            item[i]++;
            Assert.NotEqual(whole, Marks.HashOf(item));
            item[i]--;
        }

        Assert.NotEqual(whole, Marks.HashOf(item.AsSpan(1)));
        Assert.Equal(whole, Marks.HashOf(item));
    }
}
