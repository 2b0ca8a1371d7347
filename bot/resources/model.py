"""The directory's tables, shaped as Open Referral HSDS 3 names things.

organization, service, location, phone, schedule, service_area, language and accessibility are
HSDS's; the columns beside them that HSDS has no word for are ours and say so. There is no table
of addresses and no coordinates: what is not stored cannot leak. A location names a city, and
distances are computed from that city's centre.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import declarative_base, relationship

Base: Any = declarative_base()


class Organization(Base):
    """Who runs a service."""

    __tablename__ = "organization"
    id = Column(String(64), primary_key=True)
    name = Column(String(200), nullable=False)
    description = Column(Text, nullable=False, default="")
    services = relationship("Service", back_populates="organization", cascade="all, delete-orphan")


class Service(Base):
    """What is offered. `kind`, `state`, `confidential`, `demonstration` and the review dates are ours."""

    __tablename__ = "service"
    id = Column(String(64), primary_key=True)
    organization_id = Column(ForeignKey("organization.id"), nullable=False, index=True)
    name = Column(String(200), nullable=False)
    status = Column(String(16), nullable=False, default="active")
    kind = Column(String(24), nullable=False)
    listing_state = Column(String(16), nullable=False, default="live")
    confidential = Column(Boolean, nullable=False, default=True)
    demonstration = Column(Boolean, nullable=False, default=False)
    takes = Column(String(200), nullable=False, default="")
    source = Column(Text, nullable=False, default="")
    checked_on = Column(Date)
    expires_on = Column(Date)
    organization = relationship("Organization", back_populates="services")
    locations = relationship("Location", back_populates="service", cascade="all, delete-orphan")
    phones = relationship("Phone", back_populates="service", cascade="all, delete-orphan")
    schedules = relationship("Schedule", back_populates="service", cascade="all, delete-orphan")
    areas = relationship("ServiceArea", back_populates="service", cascade="all, delete-orphan")
    languages = relationship("Language", back_populates="service", cascade="all, delete-orphan")
    accessibility = relationship("Accessibility", back_populates="service", cascade="all, delete-orphan")


class Location(Base):
    """Where a service is, no finer than its city."""

    __tablename__ = "location"
    id = Column(String(64), primary_key=True)
    service_id = Column(ForeignKey("service.id"), nullable=False, index=True)
    location_type = Column(String(16), nullable=False, default="virtual")
    city = Column(String(100))
    county = Column(String(100))
    state = Column(String(2))
    service = relationship("Service", back_populates="locations")
    __table_args__ = (Index("location_by_state", "state"),)


class Phone(Base):
    """A number, and how it is used: voice, text, video or chat (as HSDS's `type`)."""

    __tablename__ = "phone"
    id = Column(String(64), primary_key=True)
    service_id = Column(ForeignKey("service.id"), nullable=False, index=True)
    number = Column(String(40), nullable=False)
    type = Column(String(16), nullable=False, default="voice")
    description = Column(String(80), nullable=False, default="")
    service = relationship("Service", back_populates="phones")


class Schedule(Base):
    """When somebody answers; 24 hours are 00:00 to 23:59 on every day, as HSDS has it."""

    __tablename__ = "schedule"
    id = Column(String(64), primary_key=True)
    service_id = Column(ForeignKey("service.id"), nullable=False, index=True)
    byday = Column(String(32), nullable=False)
    opens_at = Column(String(5), nullable=False)
    closes_at = Column(String(5), nullable=False)
    service = relationship("Service", back_populates="schedules")


class ServiceArea(Base):
    """Where people are served: a county, a state, or the whole country."""

    __tablename__ = "service_area"
    id = Column(Integer, primary_key=True, autoincrement=True)
    service_id = Column(ForeignKey("service.id"), nullable=False, index=True)
    name = Column(String(100), nullable=False)
    extent_type = Column(String(16), nullable=False)
    state = Column(String(2))
    service = relationship("Service", back_populates="areas")


class Language(Base):
    """A language in which help is given, by its ISO 639 code."""

    __tablename__ = "language"
    id = Column(Integer, primary_key=True, autoincrement=True)
    service_id = Column(ForeignKey("service.id"), nullable=False, index=True)
    code = Column(String(16), nullable=False)
    service = relationship("Service", back_populates="languages")


class Accessibility(Base):
    """What makes a service usable, such as wheelchair access."""

    __tablename__ = "accessibility"
    id = Column(Integer, primary_key=True, autoincrement=True)
    service_id = Column(ForeignKey("service.id"), nullable=False, index=True)
    description = Column(String(80), nullable=False)
    service = relationship("Service", back_populates="accessibility")
