using Bus.Storage;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Orders.Service.Storage.Migrations;

/// <summary>What lets Postgres take many rows at once a page at a time.</summary>
[DbContext(typeof(OrdersDbContext))]
[Migration("0004_Version4")]
internal sealed class Version4 : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql(BusStorageModel.SchemaVersion4);
        migrationBuilder.Sql(SqlText.Read(typeof(Version4).Assembly, "Orders.v4.sql"));
    }
}
