using Bus.Storage;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Orders.Service.Storage.Migrations;

/// <summary>What keeps the tables bounded on disk.</summary>
[DbContext(typeof(OrdersDbContext))]
[Migration("0003_Version3")]
internal sealed class Version3 : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql(BusStorageModel.SchemaVersion3);
        migrationBuilder.Sql(SqlText.Read(typeof(Version3).Assembly, "Grants.v3.sql"));
    }
}
